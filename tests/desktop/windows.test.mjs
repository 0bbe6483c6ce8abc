// The desktop app as two people use it: real windows, controlled by WebDriver, on one invisible display.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Desk } from "./lib/desk.mjs";
import { takePhoto } from "./lib/photo.mjs";
import { until } from "./lib/webdriver.mjs";

/** Runs in the page: what the timeline shows, each picture with its real size once its pixels are there. */
const TILES = `
  return [...document.querySelectorAll("[data-moment] img")]
    .filter((image) => image.complete && image.naturalWidth > 0)
    .map((image) => ({ moment: image.closest("[data-moment]").dataset.moment, width: image.naturalWidth, height: image.naturalHeight }));
`;

let desk;
let alice;
let bob;
let link;

before(async () => {
  desk = await Desk.set();
});

after(() => desk?.clear());

test("alice starts a group and invites", async () => {
  alice = await desk.open("alice");
  await introduce(alice, "Alice");
  await alice.click("link", "Start a group");
  await alice.fill("Group name", "Harbour at dusk");
  await alice.click("button", "Start");
  await alice.named("heading", "Harbour at dusk");
  await alice.click("link", "Invite");
  link = await alice.valueOf("Invite link");
  assert.match(link, /^afterglow:\/\/join\//);
  await desk.keep(alice, "1-alice-invites");
  await alice.click("button", "Close");
});

test("bob joins by the link", async () => {
  bob = await desk.open("bob");
  await introduce(bob, "Bob");
  await bob.click("link", "Join a group");
  await bob.fill("Invite link", link);
  await bob.click("button", "Join");
  await bob.named("heading", "Harbour at dusk", 60_000);
  await desk.keep(bob, "2-bob-has-joined");
});

test("a photo added in alice's window appears in bob's", async () => {
  const path = desk.path("IMG_0001.jpg");
  takePhoto(path);
  await alice.choose("Photos and clips to add", path);
  const [own] = await tiles(alice);
  await desk.keep(alice, "3-alice-has-added-a-photo");
  const [theirs] = await tiles(bob);
  await desk.keep(bob, "4-bob-sees-it");
  assert.equal(theirs.moment, own.moment, "it is the same moment");
  assert.equal((theirs.width / theirs.height).toFixed(2), "1.33", "it has the photo's shape");
});

test("bob sees it full screen", async () => {
  await bob.script('document.querySelector("[data-moment]").click()');
  await until("large picture", () => bob.script('return [...document.querySelectorAll("dialog[open] img")].some((image) => image.naturalWidth >= 1000)'));
  await desk.keep(bob, "5-bob-full-screen");
});

test("what alice's camera takes is in bob's window", async () => {
  await bob.script('document.querySelector("dialog[open]").dispatchEvent(new Event("cancel", { cancelable: true }))');
  const before = (await tiles(bob)).length;
  await alice.click("link", "Camera");
  await until("a picture from the camera", () => alice.script('return document.querySelector("dialog video")?.videoWidth > 0'));
  await alice.click("button", "Take a photo");
  await until("the photo in bob's window", async () => (await tiles(bob)).length === before + 1, 60_000);
  await alice.script('document.querySelector("dialog input[value=clip]").click()');
  await alice.click("button", "Record a clip");
  await until("a recording that is seen elsewhere", () => bob.script('return document.querySelectorAll("[data-moment]").length').then((count) => count === before + 2), 60_000);
  await desk.keep(alice, "6-alice-records");
  await alice.click("button", "Stop recording");
  await until("a clip that has ended", () => alice.script('return document.querySelectorAll("dialog li.here").length === 2'), 60_000);
  await desk.keep(bob, "7-bob-has-both");
  await alice.script('document.querySelector("dialog[open]").dispatchEvent(new Event("cancel", { cancelable: true }))');
});

test("a second app on the same data says so", async () => {
  const second = await desk.open("alice", { as: "alice-again" });
  await second.named("heading", "Afterglow is already open");
  await second.named("link", "Try again");
  await desk.keep(second, "8-second-app");
  await second.quit();
});

test("a link opens the app at the invite", async () => {
  const carol = await desk.open("carol", { args: [link] });
  await introduce(carol, "Carol");
  assert.equal(await carol.valueOf("Invite link"), link);
  await carol.named("button", "Join");
  await desk.keep(carol, "9-carol-opens-the-link");
  await carol.quit();
});

test("the windows close in order", async () => {
  await alice.quit();
  await bob.quit();
});

async function introduce(session, name) {
  await session.fill("Name", name);
  await session.click("button", "Continue");
}

function tiles(session) {
  return until("picture on the timeline", async () => {
    const found = await session.script(TILES);
    return found.length > 0 && found;
  }, 60_000);
}
