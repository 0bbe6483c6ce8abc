// A phone: fingers instead of a mouse.

import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { film, paint } from "../lib/photos.mjs";
import { decodeQr } from "../lib/qr.mjs";
import { PHONE, Stage } from "../lib/stage.mjs";
import { steps } from "../lib/steps.mjs";

const TITLE = "On a phone";
const TARGET_PX = 44;

describe("on a phone", () => {
  const step = steps();
  let stage, alice, bob, hand, photos;

  before(async () => {
    stage = await Stage.open();
    const takenAt = (hoursAgo) => new Date(Date.now() - hoursAgo * 3_600_000);
    photos = await paint(stage.browser, stage.folder, [
      { kind: "garden", seed: 4, width: 2000, height: 1500, takenAt: takenAt(1) },
      { kind: "stars", seed: 5, width: 1500, height: 2000, takenAt: takenAt(2), turned: true },
      { kind: "concert", seed: 6, width: 2000, height: 1500, takenAt: takenAt(3) },
    ]);
    const phone = { viewport: PHONE, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
    [alice, bob] = await Promise.all([stage.enter("Alice", phone), stage.enter("Bob", phone)]);
    hand = await fingers(bob);
  });

  after(() => stage?.close());

  step("the code on one phone's screen lets the other join", async () => {
    for (const person of [alice, bob]) {
      await person.page.getByLabel("Name", { exact: true }).fill(person.name);
      await person.button("Continue").tap();
    }
    await alice.link("Start a group").tap();
    await alice.page.getByLabel("Group name").fill(TITLE);
    await alice.button("Start").tap();
    await alice.link("Show the invite").tap();
    const scanned = decodeQr(await alice.dialog("Invite").getByRole("img").screenshot());
    await alice.dialog("Invite").getByRole("button", { name: "Close" }).tap();
    await bob.link("Join a group").tap();
    await bob.page.getByLabel("Invite link").fill(scanned);
    await bob.button("Join").tap();
    await bob.page.getByRole("heading", { name: TITLE, level: 1 }).waitFor();
    await alice.add(...photos.map(({ path }) => path));
    await bob.sees(3);
  });

  step("what a finger aims at is large enough", async () => {
    const small = await bob.page.locator("a, button, input, [role=button]").evaluateAll(
      (all, least) =>
        all
          .filter((one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && one.tabIndex >= 0)
          .map((one) => ({ name: one.getAttribute("aria-label") ?? one.textContent.trim(), ...one.getBoundingClientRect().toJSON() }))
          .filter(({ width, height }) => width < least || height < least)
          .map(({ name, width, height }) => `${name}: ${Math.round(width)} × ${Math.round(height)}`),
      TARGET_PX,
    );
    assert.deepEqual(small, []);
  });

  step("a tap opens a moment, a swipe leads on and back, a swipe down closes it", async () => {
    const [newest, middle] = await bob.sees(3);
    await bob.tile(newest).tap();
    await bob.page.waitForURL(`**/moment/${newest}`);
    await ready(bob, newest);
    await hand.swipe({ x: 300, y: 420 }, { x: 80, y: 430 });
    await bob.page.waitForURL(`**/moment/${middle}`);
    await ready(bob, middle);
    await hand.swipe({ x: 80, y: 420 }, { x: 300, y: 410 });
    await bob.page.waitForURL(`**/moment/${newest}`);
    await ready(bob, newest);
    await hand.swipe({ x: 195, y: 350 }, { x: 200, y: 560 });
    await bob.page.locator("dialog[open]").waitFor({ state: "detached" });
  });

  step("two fingers zoom to the original, one moves it", async () => {
    const [newest] = await bob.sees(3);
    await bob.tile(newest).tap();
    await ready(bob, newest);
    await bob.button("Save original").and(bob.page.locator(":enabled")).waitFor();
    await hand.spread({ x: 195, y: 420 }, 40, 150);
    const original = bob.page.locator('dialog img[src$="/original"].shown');
    await original.waitFor();
    assert.equal(await original.evaluate((img) => img.naturalWidth), 2000);
    const place = () => original.evaluate((img) => new DOMMatrix(getComputedStyle(img.parentElement).transform).e);
    await bob.until(bob.page, async () => (await place()) < 20, "the zoomed picture rests");
    const before = await place();
    await hand.swipe({ x: 200, y: 420 }, { x: 120, y: 420 });
    await bob.until(bob.page, async () => (await place()) < before - 20, "the picture follows the finger");
    assert.ok(bob.page.url().endsWith(newest), "a zoomed picture is moved, not turned");
    await bob.button("Close").tap();
  });

  step("the way back closes what lies on top, one after the other", async () => {
    const [newest] = await bob.sees(3);
    await bob.tile(newest).tap();
    await ready(bob, newest);
    await bob.page.keyboard.press("?");
    await bob.dialog("Keyboard shortcuts").waitFor();
    await bob.page.goBack();
    await bob.dialog("Keyboard shortcuts").waitFor({ state: "detached" });
    assert.ok(bob.page.url().endsWith(newest), "the moment is still open");
    await bob.page.goBack();
    await bob.page.locator("dialog[open]").waitFor({ state: "detached" });
    await bob.page.getByRole("heading", { name: TITLE, level: 1 }).waitFor();
    await bob.page.keyboard.press("?");
    await bob.dialog("Keyboard shortcuts").getByRole("button", { name: "Close" }).tap();
    await bob.dialog("Keyboard shortcuts").waitFor({ state: "detached" });
    await bob.page.goBack();
    await bob.heading("My groups").waitFor();
    await bob.page.goForward();
  });

  step("a finger goes on from a clip and back, moves its own controls, and closes it", async () => {
    const clip = await film(photos[0].path, `${stage.folder}/VID_0001.mp4`, { seconds: 6, takenAt: new Date(Date.now() - 2.5 * 3_600_000) });
    await alice.add(clip.path);
    const [, newer, middle, older] = await bob.sees(4);
    assert.equal((await bob.call("moment.get", { group: groupOf(bob), moment: middle })).kind, "clip");
    const video = bob.page.locator("dialog video[controls]");
    await bob.tile(newer).tap();
    await ready(bob, newer);
    await hand.swipe({ x: 300, y: 420 }, { x: 80, y: 430 });
    await bob.page.waitForURL(`**/moment/${middle}`);
    await bob.until(video, (one) => one.evaluate((one) => one.readyState >= HTMLMediaElement.HAVE_METADATA), "the clip can be played");
    const { x, y, width, height } = await video.boundingBox();
    await hand.swipe({ x: x + width * 0.3, y: y + height - 20 }, { x: x + width * 0.8, y: y + height - 20 });
    await bob.until(video, (one) => one.evaluate((one) => one.currentTime > 1), "the clip is where the finger moved its line");
    assert.ok(bob.page.url().endsWith(middle), "what moves a clip's line does not turn it");
    // From the very edge, where the arrows are for a mouse.
    await hand.swipe({ x: 378, y: 420 }, { x: 150, y: 430 });
    await bob.page.waitForURL(`**/moment/${older}`);
    await ready(bob, older, { atEnd: true });
    await hand.swipe({ x: 80, y: 420 }, { x: 300, y: 410 });
    await bob.page.waitForURL(`**/moment/${middle}`);
    await video.waitFor();
    await hand.swipe({ x: 80, y: 420 }, { x: 300, y: 410 });
    await bob.page.waitForURL(`**/moment/${newer}`);
    await ready(bob, newer);
    await hand.swipe({ x: 300, y: 420 }, { x: 80, y: 430 });
    await bob.page.waitForURL(`**/moment/${middle}`);
    await video.waitFor();
    await hand.swipe({ x: 195, y: 350 }, { x: 200, y: 560 });
    await bob.page.locator("dialog[open]").waitFor({ state: "detached" });
  });

  step("nothing complained", () => assert.deepEqual(stage.complaints(), []));
});

/** A picture is on the screen and its neighbours are known. */
async function ready(person, id, { atEnd = false } = {}) {
  await person.page.locator(`dialog img.shown[src*="${id}"]`).first().waitFor();
  await person.page.locator("dialog").getByRole("button", { name: atEnd ? "Newer" : "Older" }).and(person.page.locator(":enabled")).waitFor();
}

const groupOf = ({ page }) => page.url().match(/group\/([0-9a-f]+)/)[1];

/** Touches as the browser gets them from a screen. */
async function fingers({ page, context }) {
  const session = await context.newCDPSession(page);
  const touch = (type, ...points) => session.send("Input.dispatchTouchEvent", { type, touchPoints: points.map(({ x, y }, id) => ({ x, y, id })) });
  const STEPS = 8;
  const REST = 6;
  const between = (a, b, step) => a + ((b - a) * step) / STEPS;
  return {
    /** At a finger's pace, coming to rest before it lifts: a flung finger would make the browser swallow the next tap. */
    async swipe(from, to) {
      await touch("touchStart", from);
      for (let step = 1; step <= STEPS + REST; step++) {
        const at = Math.min(step, STEPS);
        await touch("touchMove", { x: between(from.x, to.x, at), y: between(from.y, to.y, at) });
        await page.evaluate(() => new Promise((next) => requestAnimationFrame(next)));
      }
      await touch("touchEnd");
    },
    async spread({ x, y }, near, far) {
      const pair = (apart) => [{ x: x - apart, y }, { x: x + apart, y }];
      await touch("touchStart", ...pair(near));
      for (let step = 1; step <= STEPS; step++) await touch("touchMove", ...pair(between(near, far, step)));
      await touch("touchEnd");
    },
  };
}
