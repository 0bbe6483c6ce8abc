// A camera whose clock is wrong: by a photo of the group's clock, and by hand; by keyboard alone.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe } from "node:test";
import { withExif } from "../lib/exif.mjs";
import { barriers } from "../lib/looks.mjs";
import { paint } from "../lib/photos.mjs";
import { decodeQr } from "../lib/qr.mjs";
import { Stage } from "../lib/stage.mjs";
import { steps } from "../lib/steps.mjs";

const MINUTE_MS = 60_000;
const SLOW_MS = 63 * MINUTE_MS;
const MOST_TABS = 60;

describe("the clock of a camera", () => {
  const step = steps();
  let stage, alice, bob, group, photos, shown;

  before(async () => {
    stage = await Stage.open();
    const really = (minutesAgo) => new Date(Date.now() - minutesAgo * MINUTE_MS - SLOW_MS);
    photos = await paint(stage.browser, stage.folder, [
      { kind: "dunes", seed: 1, width: 1600, height: 1200, takenAt: really(10) },
      { kind: "forest", seed: 2, width: 1600, height: 1200, takenAt: really(20) },
    ]);
    [alice, bob] = await Promise.all([stage.enter("Alice"), stage.enter("Bob")]);
    await Promise.all([alice.introduce(), bob.introduce()]);
    await alice.startGroup("Right time");
    const link = await alice.invite();
    await alice.closeSheet();
    await bob.join(link, "Right time");
    [group] = (await alice.call("group.list", {})).groups.map(({ id }) => id);
    await alice.add(...photos.map(({ path }) => path));
    await bob.sees(2);
  });

  after(() => stage?.close());

  const press = (person, key) => person.page.keyboard.press(key);
  const moments = async (person) => (await person.call("timeline.page", { group, limit: 10, filter: {} })).moments;
  const corrected = (shift) => async () => (await moments(bob)).every(({ shift_ms = 0 }) => Math.abs(shift_ms - shift) < 2_000);

  async function tabTo(person, name) {
    for (let tabs = 0; tabs < MOST_TABS; tabs++) {
      const at = await person.page.evaluate(() => {
        const { activeElement: one } = document;
        return one?.getAttribute("aria-label") ?? (one?.labels?.[0] ?? one)?.textContent?.trim();
      });
      if (at === name) return;
      await press(person, "Tab");
    }
    assert.fail(`Tab does not lead to ${name}`);
  }

  step("K lists the cameras, and any device shows the clock large", async () => {
    await press(bob, "k");
    await bob.dialog("Camera clocks").getByText("No photo of yours says which camera took it yet.").waitFor();
    await bob.closeSheet();
    await press(alice, "k");
    await alice.dialog("Camera clocks").getByRole("article", { name: "Afterglow AG-1" }).getByText("Taken as it is").waitFor();
    assert.deepEqual(await barriers(alice.page), []);
    await tabTo(alice, "Show the clock");
    await press(alice, "Enter");
    const code = alice.dialog("The group’s clock").getByRole("img");
    await code.waitFor();
    const box = await code.boundingBox();
    assert.ok(box.height > 400, `large enough for a camera: ${box.height} px`);
    shown = await alice.page.screenshot();
    const text = decodeQr(shown);
    assert.match(text, /^AFTERGLOW:C1:\d+:[A-Z2-7]{8}$/);
    await alice.until(code, async () => decodeQr(await alice.page.screenshot()) !== text, "it goes on", 5_000);
    assert.deepEqual(await barriers(alice.page), []);
    await press(alice, "Escape");
    await alice.dialog("Camera clocks").waitFor();
    await alice.closeSheet();
  });

  step("a photo of it corrects the camera for everybody, and is not posted", async () => {
    const jpeg = await toJpeg(stage.browser, shown);
    const at = Number(decodeQr(shown).split(":")[2]);
    const path = join(stage.folder, "CLOCK.JPG");
    writeFileSync(path, withExif(jpeg, { takenAt: new Date(at - SLOW_MS) }));
    await alice.add(path);
    await alice.page.getByText(/^Afterglow AG-1 was recognised by a photo of the clock and corrected by \+1 hr 3 mins?$/).waitFor();
    await bob.until(bob.tiles, corrected(SLOW_MS), "Bob's device has heard of it");
    assert.equal((await moments(bob)).length, 2);
    const [newest] = await bob.sees(2);
    await bob.tile(newest).click();
    await press(bob, "i");
    await bob.page.getByText(/, corrected by \+1 hr 3 mins?$/).waitFor();
    await bob.closeSheet();
  });

  step("undo puts it back", async () => {
    await press(alice, "k");
    await tabTo(alice, "Undo");
    await press(alice, "Enter");
    await alice.dialog("Camera clocks").getByText("Taken as it is").waitFor();
    await bob.until(bob.tiles, corrected(0), "Bob's device has heard of that, too");
  });

  step("by hand: a shift is typed, seen before it is set, and set", async () => {
    await tabTo(alice, "Correct by hand");
    await press(alice, "Enter");
    await tabTo(alice, "Hours");
    await press(alice, "ControlOrMeta+a");
    await alice.page.keyboard.type("2");
    const preview = alice.dialog("Camera clocks").locator("li.this time");
    await preview.waitFor();
    assert.deepEqual(await barriers(alice.page), []);
    await tabTo(alice, "Correct");
    await press(alice, "Enter");
    await alice.dialog("Camera clocks").getByText(/^Corrected by \+2 hrs?$/).waitFor();
    await bob.until(bob.tiles, corrected(120 * MINUTE_MS), "Bob's device has heard of it");
    await alice.closeSheet();
  });

  step("nothing complained", () => assert.deepEqual(stage.complaints(), []));
});

/** A page with a stricter policy than a blank one draws nothing of a data address. */
async function toJpeg(browser, png) {
  const page = await browser.newPage();
  try {
    const base64 = await page.evaluate(async (png) => {
      const picture = new Image();
      picture.src = `data:image/png;base64,${png}`;
      await picture.decode();
      const canvas = Object.assign(document.createElement("canvas"), { width: picture.width, height: picture.height });
      canvas.getContext("2d").drawImage(picture, 0, 0);
      return canvas.toDataURL("image/jpeg", 0.8).split(",")[1];
    }, png.toString("base64"));
    return Buffer.from(base64, "base64");
  } finally {
    await page.close();
  }
}
