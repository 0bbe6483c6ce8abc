// Guests at real nodes: two phones without an app, on plain http, at the doors of two members; the first of them goes away in
// the middle of what one of the guests sends. The page on its own, and every screen of it: guest-page.test.mjs.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe } from "node:test";
import { devices } from "playwright-core";
import { Bubble } from "../lib/bubble.mjs";
import { Person } from "../lib/person.mjs";
import { gather, isBlanked, paint } from "../lib/photos.mjs";
import { Stage } from "../lib/stage.mjs";
import { decodeQr } from "../lib/qr.mjs";
import { steps } from "../lib/steps.mjs";

const TITLE = "Lena & Jonas";
const SHOTS = process.env.AFTERGLOW_SHOTS;
/** A folder of photos from real cameras, to take the place of painted ones. */
const CAMERA = process.env.AFTERGLOW_CAMERA;
const LIVE = 20;
const BURST = 20;

describe("guests at a wedding", () => {
  const step = steps();
  let stage, alice, bob, link, group, frida, gus, live, burst;

  before(async () => {
    stage = await Stage.open(Bubble.make());
    [live, burst] = CAMERA ? gathered() : await painted();
    [alice, bob] = await Promise.all(["Alice", "Bob"].map(async (name) => (await stage.node(name)).node));
    for (const node of [alice, bob]) await node.call("profile", "--name", node.name);
    group = await alice.call("group", "create", TITLE);
    await bob.call("join", (await alice.call("group", "invite", group.id)).link);
  });

  after(() => stage?.close());

  const namesAndTimes = (from, count) => Array.from({ length: count }, (_, at) => ({ seed: from + at, name: `IMG_${1000 + from + at}`, takenAt: new Date(Date.now() - (200 - from - at) * 60_000) }));

  function gathered() {
    const photos = gather(CAMERA, join(stage.folder, "camera"), [...namesAndTimes(0, LIVE), ...namesAndTimes(100, BURST)]);
    return [photos.slice(0, LIVE), photos.slice(LIVE)];
  }

  function painted() {
    const wish = (more) => ({ seed, name, takenAt }, at) => ({ kind: ["sea", "lake", "mountains", "balloons", "garden"][seed % 5], seed, takenAt, name: `${name}.jpg`, ...more(at) });
    return Promise.all([
      paint(stage.browser, join(stage.folder, "live"), namesAndTimes(0, LIVE).map(wish(() => ({ width: 2400, height: 1600 })))),
      paint(stage.browser, join(stage.folder, "burst"), namesAndTimes(100, BURST).map(wish((at) => ({ width: 4000, height: 3000, turned: at % 4 === 1 })))),
    ]);
  }

  /** Waits for something that a node knows; asks it again and again, each answer being an awaited one. */
  async function knows(node, holds, what) {
    for (const end = performance.now() + 30_000; ; ) {
      const page = await node.call("guests", "list", "--group", group.id);
      if (holds(page)) return page;
      assert.ok(performance.now() < end, `not within 30 s: ${what}: ${JSON.stringify(page)}`);
    }
  }

  /** A phone shows only what fits on it; how many there are stands above. */
  async function counts(person, moments) {
    const said = person.page.getByText(`${moments} ${moments === 1 ? "moment" : "moments"} · through`);
    await person.until(said, (text) => text.isVisible(), `${person.name} sees ${moments} moments`);
  }

  async function guest(name, phone, at, script) {
    const context = await stage.browser.newContext({ ...devices[phone], locale: "en-GB", timezoneId: "Europe/Berlin", colorScheme: "dark" });
    if (script) await context.addInitScript(script);
    const person = await Person.at(name, null, context);
    await person.page.goto(at);
    await person.page.getByLabel("Your name").fill(name);
    await person.button("See the photos").click();
    await person.page.getByRole("heading", { name: TITLE, level: 1 }).waitFor();
    return person;
  }

  step("two members open their doors", async () => {
    await alice.call("guests", "open", "--group", group.id);
    await bob.call("guests", "open", "--group", group.id);
    const page = await knows(alice, ({ door, others }) => door?.url && others.length === 1, "both doors listen, and each knows of the other");
    link = page.door.urls.find((url) => url.includes(stage.bubble?.address ?? "127.0.0.1"));
    assert.match(link, /^http:\/\/[\d.]+:\d+\/g#[0-9a-f]{32}$/);
  });

  step("two phones come in by the link, on plain http", async (t) => {
    frida = await guest("Frida", "Pixel 7", link);
    gus = await guest("<b>Gus</b>", "iPhone 15", link);
    const isSecure = await gus.page.evaluate(() => isSecureContext);
    if (stage.bubble) assert.equal(isSecure, false, "what a browser gives to plain http, and no more");
    else t.diagnostic("no namespaces here: over loopback, which browsers trust more than a network");
    await frida.page.getByText("· through Alice").waitFor();
  });

  step("what one takes is on the other's screen in a moment", async (t) => {
    const delays = [];
    for (const [at, photo] of live.entries()) {
      const before = new Set(await gus.page.evaluate(() => Object.keys(firstShown)));
      await frida.page.getByLabel("Take a photo").setInputFiles(photo.path);
      await gus.until(gus.page, (page) => page.evaluate((count) => Object.keys(firstShown).length > count, before.size), `photo ${at} has come`);
      const shown = await gus.page.evaluate(() => firstShown);
      const first = Math.min(...Object.entries(shown).filter(([id]) => !before.has(id)).map(([, at]) => at));
      delays.push(first - (await frida.tookFilesAt()));
      await frida.page.getByText("Everything is shared").waitFor();
      await counts(gus, at + 1);
    }
    delays.sort((a, b) => a - b);
    t.diagnostic(`chosen on one phone to shown on the other, ${LIVE} photos ${CAMERA ? "of real cameras" : "of 2400 x 1600"}: p50 ${delays[LIVE / 2]} ms, p99 ${delays.at(-1)} ms`);
  });

  step("a television in the network shows what has come, how to take part, and nothing to press", async () => {
    const context = await stage.browser.newContext({ viewport: { width: 1920, height: 1080 }, locale: "en-GB" });
    const wall = await Person.at("wall", null, context);
    await wall.page.goto(link.replace("/g#", "/screen#"));
    await wall.page.locator("figure.front img").waitFor();
    await wall.page.getByText("Scan to see and share the photos, without an app").waitFor();
    await wall.until(wall.page, async (page) => decodeQr(await page.screenshot()) === link, "its code is the guests' link");
    assert.equal(await wall.page.getByRole("button").count(), 0);
    if (SHOTS) await wall.page.screenshot({ path: join(SHOTS, "guest-wall.png") });
    assert.deepEqual(wall.complaints, []);
    await context.close();
  });

  step("the other way round, with a name that looks like markup", async () => {
    await gus.page.getByLabel("From the gallery").setInputFiles(burst[0].path);
    await gus.page.getByText("Everything is shared").waitFor();
    await counts(frida, LIVE + 1);
    // Not always the first tile: a camera may say a time of its own.
    const { moments } = await alice.call("timeline", "--group", group.id, "--limit", "100");
    await frida.tile(moments.find(({ author_name: name }) => name === "<b>Gus</b>").id).click();
    await frida.page.getByText("<b>Gus</b>").first().waitFor();
    await frida.button("React with ❤️, 0 so far").click();
    await frida.button("React with ❤️, 1 so far").waitFor();
    await frida.closeSheet();
  });

  step("twenty photos go on through the second member when the first one is gone in the middle", async (t) => {
    await frida.page.getByLabel("From the gallery").setInputFiles(burst.slice(1).map(({ path }) => path));
    await frida.page.locator("button", { has: frida.page.locator("[role=status]") }).click();
    const shared = frida.dialog("What you share").getByText("Shared", { exact: true });
    await frida.until(shared, async (rows) => (await rows.count()) >= LIVE + 3, "a few are there");
    const there = await shared.count();
    await alice.kill();
    const began = performance.now();
    await frida.until(shared, async (rows) => (await rows.count()) === LIVE + BURST - 1, "all of them are there", 120_000);
    t.diagnostic(`${there - LIVE} were there when the first member's device was killed; the others ${Math.round(performance.now() - began)} ms later`);
    await frida.closeSheet();
    await frida.page.getByText("· through Bob").waitFor();
    await gus.page.getByText("· through Bob").waitFor();
    await counts(gus, LIVE + BURST);
  });

  step("nothing is lost and nothing is there twice", async (t) => {
    await alice.serve();
    const originals = [...live, ...burst].map(({ bytes }) => bytes);
    const folder = join(stage.folder, "taken-home");
    await gus.until(gus.page, async () => {
      const { moments } = await bob.call("timeline", "--group", group.id, "--limit", "100");
      return moments.length === originals.length && moments.every(({ original }) => original.state === "complete");
    }, "bob's device has every original", 60_000);
    await bob.call("export", folder, "--group", group.id);
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile() && /\.(jpe?g|heic)$/i.test(one.name));
    const copies = files.map((one) => readFileSync(join(one.parentPath ?? one.path, one.name)));
    // What cameras write may hold a place or a serial number, which leave no device; what was painted holds none.
    const isCopy = CAMERA ? isBlanked : (copy, original) => copy.equals(original);
    const places = originals.map((original) => copies.findIndex((copy) => isCopy(copy, original)));
    assert.deepEqual(places.toSorted((a, b) => a - b), [...copies.keys()], "every photo is there, once");
    const untouched = originals.filter((original, at) => copies[places[at]].equals(original)).length;
    t.diagnostic(`${untouched} of ${originals.length} byte for byte, the others but for their place and serial numbers`);
  });

  step("a phone without WebSocket sees and shares the same", async () => {
    const page = await knows(bob, ({ door }) => door?.url, "bob's door is open");
    const at = page.door.urls.find((url) => url.includes(stage.bubble?.address ?? "127.0.0.1"));
    const hanna = await guest("Hanna", "Pixel 7", at, () => delete window.WebSocket);
    await hanna.page.getByText(`${LIVE + BURST} moments`).first().waitFor();
    assert.deepEqual(hanna.complaints, []);
  });

  step("with every device gone the phones show what they had", async () => {
    await Promise.all([alice.kill(), bob.kill()]);
    await gus.page.getByText(/’s device is not reachable\. You see what you had\./).waitFor();
    const id = await gus.page.locator("[data-moment]:has(img.shown)").first().getAttribute("data-moment");
    await gus.tile(id).click();
    await gus.page.locator("dialog img.shown").first().waitFor();
    await gus.closeSheet();
    assert.ok((await gus.page.locator("[data-moment]:has(img.shown)").count()) > 0);
  });

  step("nobody's browser complained about anything but doors that were gone", () => {
    for (const { name, complaints } of [frida, gus]) assert.deepEqual(complaints.filter((text) => !/Failed to load resource|WebSocket connection/.test(text)), [], name);
  });
});
