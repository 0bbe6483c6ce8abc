// Where the app meets the desktop: started twice, given links and files, its icon in the tray, its notifications.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Desk } from "./lib/desk.mjs";
import { takePhoto } from "./lib/photo.mjs";
import { until } from "./lib/webdriver.mjs";

let desk;
let bus;
let dora;
let link;

before(async () => {
  desk = await Desk.set();
  desk.manageWindows();
  bus = await desk.bus();
});

after(() => {
  bus?.leave();
  desk?.clear();
});

test("the app shows its icon in the tray", async () => {
  dora = await desk.open("dora", { alone: true });
  await introduce(dora, "Dora");
  await start(dora, "Lake at night");
  const { labels } = await bus.menu("Open Afterglow");
  assert.deepEqual(labels, ["Open Afterglow", "Pause fetching", "Quit Afterglow"]);
});

test("the tray pauses and goes on", async () => {
  await (await bus.menu("Pause fetching")).click("Pause fetching");
  const { click } = await bus.menu("Go on fetching");
  await go(dora, `${await group(dora)}/storage`);
  await until("the pause in the window", () => dora.script('return document.body.textContent.includes("Paused: nothing is fetched")'));
  await click("Go on fetching");
  await bus.menu("Pause fetching");
  await until("no pause in the window", () => dora.script('return !document.body.textContent.includes("Paused: nothing is fetched")'));
  await back(dora);
});

test("a second start with files offers them in the first window", async () => {
  const files = ["IMG_1.jpg", "IMG_2.jpg"].map((name, number) => {
    takePhoto(desk.path(name), { takenAt: `2026:06:20 21:14:0${number}` });
    return desk.path(name);
  });
  assert.equal(await desk.again("dora", files), 0, "it has handed over and ended");
  await dora.named("heading", "Add 2 photos or clips to Lake at night?");
  await desk.keep(dora, "s1-files-are-offered");
  await dora.click("button", "Add");
  await until("both on the timeline", () => dora.script('return document.querySelectorAll("[data-moment] img").length === 2'), 60_000);
});

test("what is declined stays where it is", async () => {
  const file = desk.path("IMG_3.jpg");
  const before = takePhoto(file);
  assert.equal(await desk.again("dora", [file]), 0);
  await dora.named("heading", "Add a photo or clip to Lake at night?");
  await dora.click("button", "Not now");
  await until("no question", () => dora.script('return document.querySelector("dialog[open]") === null'));
  assert.ok(before.equals(await desk.read("IMG_3.jpg")), "the file is untouched");
  assert.equal(await dora.script('return document.querySelectorAll("[data-moment]").length'), 2);
});

test("a second start with a link opens the invite in the first window", async () => {
  await dora.click("link", "Invite");
  link = await dora.valueOf("Invite link");
  await dora.click("button", "Close");
  assert.equal(await desk.again("dora", [link]), 0);
  assert.equal(await dora.valueOf("Invite link"), link);
  await desk.keep(dora, "s2-the-invite-is-open");
});

test("arrivals are told while nobody looks, and lead to their group", async () => {
  await go(dora, "#/settings");
  await dora.script('[...document.querySelectorAll("[role=switch]")].find((one) => one.textContent.includes("At night, too")).click()');
  await until("notifications at night", () => dora.script('return [...document.querySelectorAll("[role=switch]")].some((one) => one.textContent.includes("At night, too") && one.ariaChecked === "true")'));
  await desk.keep(dora, "s3-settings");
  const emil = await desk.open("emil", { args: [link] });
  await introduce(emil, "Emil");
  await emil.click("button", "Join");
  await emil.named("heading", "Lake at night", 60_000);
  for (const number of [4, 5, 6]) takePhoto(desk.path(`IMG_${number}.jpg`), { takenAt: `2026:06:20 21:15:0${number}` });
  for (const number of [4, 5, 6]) await emil.choose("Photos and clips to add", desk.path(`IMG_${number}.jpg`));
  const note = await bus.notification("Emil added 3 photos");
  assert.equal(note.title, "Lake at night");
  // Nobody clicks as soon as this; who finds that nothing has happened clicks again.
  await until("the group in the window", () => {
    bus.follow(note);
    return dora.script('return /^#\\/group\\/[0-9a-f]+$/.test(location.hash)');
  });
  await emil.quit();
});

test("the tray ends the app", async () => {
  await (await bus.menu("Quit Afterglow")).click("Quit Afterglow");
  await until("the end of the window", () => dora.script("return 1").then(() => false, () => true));
});

async function introduce(session, name) {
  await session.fill("Name", name);
  await session.click("button", "Continue");
}

async function start(session, title) {
  await session.click("link", "Start a group");
  await session.fill("Group name", title);
  await session.click("button", "Start");
  await session.named("heading", title);
}

function go(session, hash) {
  return session.script("location.hash = arguments[0]", hash);
}

function back(session) {
  return session.script("history.back()");
}

const group = (session) => session.script("return /^#\\/group\\/[0-9a-f]+/.exec(location.hash)[0]");
