// The small flows that no other story tells, over the seeded world: what a key, a tap or the clipboard does, each on a fresh page.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { tabTo } from "../lib/keys.mjs";
import { Person } from "../lib/person.mjs";
import { GROUP, serveWorld } from "../lib/seeded.mjs";
import { DESKTOP, Stage } from "../lib/stage.mjs";

/** A camera at the front and one at the back, which show Chromium's test picture. */
const CAMERAS = ["--use-fake-device-for-media-stream=device-count=2", "--use-fake-ui-for-media-stream"];
const HERE = `#/group/${GROUP}`;

describe("what else one does", () => {
  let stage, world, anna;

  before(async () => {
    [stage, world] = await Promise.all([Stage.open(null, CAMERAS), serveWorld()]);
  });

  after(async () => {
    await stage?.close();
    world?.stop();
  });

  afterEach(async () => {
    const { complaints } = anna;
    await anna.context.close();
    assert.deepEqual(complaints, []);
  });

  async function at(hash, { query = "", ...options } = {}) {
    const context = await stage.browser.newContext({ viewport: DESKTOP, locale: "en-GB", timezoneId: "Europe/Berlin", reducedMotion: "reduce", acceptDownloads: true, ...options });
    anna = await Person.at("Anna", undefined, context);
    await anna.page.goto(`${world.origin}/?world=200&now=1795283000000${query}${hash}`);
  }

  const total = () => anna.page.evaluate((group) => globalThis.world.call("timeline.page", { group, limit: 1, filter: {} }).then((page) => page.total), GROUP);

  test("whoever skips the welcome is at home, today and next time", async () => {
    await at("#/", { query: "&new" });
    await tabTo(anna, "Skip");
    await anna.page.keyboard.press("Enter");
    await anna.heading("My groups").waitFor();
    await anna.page.reload();
    await anna.heading("My groups").waitFor();
  });

  test("the shortcuts call the keys what is written on them", async () => {
    await at("#/", { locale: "de-DE" });
    await anna.page.locator("article").first().waitFor();
    await anna.page.keyboard.press("?");
    const keys = await anna.dialog("Tastenkürzel").locator("kbd").allTextContents();
    for (const key of ["Eingabe", "Pos1", "Ende", "Bild↑", "Bild↓", "Umschalt", "Leertaste", "Strg+C"]) assert.ok(keys.includes(key), `${key} among ${keys}`);
    assert.deepEqual(keys.filter((key) => /Enter|Home|End$|PgUp|PgDn|Shift|Space|Ctrl/.test(key)), []);
  });

  test("the code of an invite fills the window, and Escape leads back to the invite", async () => {
    await at(`${HERE}/invite`);
    await anna.dialog("Invite").getByRole("img").waitFor();
    await tabTo(anna, "Show the code full screen");
    await anna.page.keyboard.press("Enter");
    const code = anna.page.locator("dialog:modal").nth(1).getByRole("img");
    const { width } = await code.boundingBox();
    assert.ok(width > 0.9 * DESKTOP.height, `${width} of ${DESKTOP.height} pixels`);
    await anna.page.keyboard.press("Escape");
    await code.waitFor({ state: "detached" });
    assert.equal(await anna.page.evaluate(() => document.activeElement.getAttribute("aria-label")), "Show the code full screen");
    await anna.page.locator("figure button").click();
    await code.waitFor();
    await anna.page.goBack();
    await code.waitFor({ state: "detached" });
    await anna.dialog("Invite").waitFor();
  });

  test("what is pasted is added, but not into a field", async () => {
    await at(HERE);
    await anna.tiles.first().waitFor();
    const had = await total();
    const paste = (selector) =>
      anna.page.locator(selector).first().evaluate((target) => {
        const clipboardData = new DataTransfer();
        clipboardData.items.add(new File([new Uint8Array(90_000)], "IMG_7001.jpg", { type: "image/jpeg" }));
        target.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
      });
    await anna.page.keyboard.press("/");
    await paste("input[type=search]");
    await paste("main");
    await anna.until(anna.page, async () => (await total()) > had, "the photo is in the album");
    assert.equal(await total(), had + 1);
  });

  test("photos, clips, and what is new: each filter shows only that, and lets go again", async () => {
    await at(HERE);
    await anna.tiles.first().waitFor();
    const names = () => anna.tiles.evaluateAll((tiles) => tiles.map((tile) => tile.querySelector("[role=img]")?.ariaLabel ?? tile.querySelector("img").alt));
    const filters = { Photos: /^(Photo|Live)/, Clips: /^Clip/ };
    for (const [filter, only] of Object.entries(filters)) {
      await anna.button(filter).click();
      await anna.until(anna.page, async () => (await names()).length > 0 && (await names()).every((name) => only.test(name)), `${filter} only`);
      await anna.button(filter).click();
      await anna.until(anna.page, async () => !(await names()).every((name) => only.test(name)), "everything again");
    }
    const ids = await anna.page.evaluate(() => globalThis.world.arrive(2));
    await anna.tile(ids[0]).waitFor();
    await anna.button("New to me").click();
    await anna.until(anna.tiles, async (tiles) => (await tiles.count()) === 2, "only what is new");
    assert.deepEqual((await anna.tiles.evaluateAll((tiles) => tiles.map((tile) => tile.dataset.moment))).sort(), [...ids].sort());
  });

  test("the shutter held down records for as long as it is held", async () => {
    await at(`${HERE}/camera`);
    await anna.page.waitForFunction(() => document.querySelector("dialog video")?.currentTime > 0);
    const { x, y, width, height } = await anna.button("Take a photo").boundingBox();
    await anna.page.mouse.move(x + width / 2, y + height / 2);
    await anna.page.mouse.down();
    await anna.button("Stop recording").waitFor();
    await anna.page.mouse.up();
    await anna.button("Take a photo").waitFor();
    const last = anna.page.getByRole("list", { name: "Last captures" }).getByRole("button");
    await anna.until(last, async (buttons) => (await buttons.count()) === 1 && /^Clip/.test(await buttons.getAttribute("aria-label")), "one clip, and no photo");
  });

  test("the camera turns round by F, and shows a front camera as a mirror does", async () => {
    await at(`${HERE}/camera`);
    await anna.page.evaluate(() => {
      const devices = navigator.mediaDevices;
      const open = devices.getUserMedia.bind(devices);
      [globalThis.asked, globalThis.streams] = [[], []];
      devices.getUserMedia = (wish) => {
        globalThis.asked.push(wish.video.facingMode);
        return open(wish).then((stream) => (globalThis.streams.push(stream), stream));
      };
    });
    await anna.button("Turn the camera round").waitFor();
    for (const mirrored of [true, false]) {
      await anna.page.keyboard.press("f");
      await anna.page.waitForFunction((mirrored) => document.querySelector("dialog video").matches(".mirrored") === mirrored, mirrored);
    }
    assert.deepEqual(await anna.page.evaluate(() => globalThis.asked.slice(-2)), ["user", "environment"]);
    await anna.page.keyboard.press("f");
    await anna.page.keyboard.press("f");
    const open = () => anna.page.evaluate(() => [globalThis.asked.length - globalThis.streams.length, globalThis.streams.filter(({ active }) => active).length]);
    await anna.until(anna.page, async () => `${await open()}` === "0,1", "however fast it is turned, only one stays open");
  });

  test("the level follows how the device is held; where nothing tells, there is none", async () => {
    await at(`${HERE}/camera`);
    await anna.page.waitForFunction(() => document.querySelector("dialog video")?.currentTime > 0);
    await anna.button("Grid and level").click();
    await anna.page.locator("dialog .lines").waitFor();
    const level = anna.page.locator("dialog .level");
    assert.equal(await level.count(), 0);
    const devtools = await anna.context.newCDPSession(anna.page);
    const hold = (beta, gamma) => devtools.send("DeviceOrientation.setDeviceOrientationOverride", { alpha: 0, beta, gamma });
    await hold(90, 0);
    await anna.page.locator("dialog .level.even").waitFor();
    await hold(70, -90);
    await anna.page.locator("dialog .level:not(.even)").waitFor();
    const turned = await level.locator("b").evaluate((line) => Number.parseFloat(line.style.rotate));
    assert.ok(Math.abs(turned - 20) < 0.5, `turned back by 20 degrees, not ${turned}`);
    await hold(0, 0);
    await level.waitFor({ state: "detached" });
  });

  test("who leaves a group is asked, and then it is gone", async () => {
    await at(`${HERE}/members`);
    await tabTo(anna, "Leave group");
    await anna.page.keyboard.press("Enter");
    await anna.page.getByRole("alertdialog", { name: "Leave this group?" }).waitFor();
    await tabTo(anna, "Cancel");
    await anna.page.keyboard.press("Enter");
    await tabTo(anna, "Leave group");
    await anna.page.keyboard.press("Enter");
    await tabTo(anna, "Leave and remove");
    await anna.page.keyboard.press("Enter");
    await anna.heading("My groups").waitFor();
    assert.deepEqual(await anna.page.locator("article h2, article h3").allTextContents(), ["Choir rehearsal", "Cabin at the lake"]);
  });

  test("a big screen is led by keys", async () => {
    await at(`#/screen/${GROUP}`);
    const { page } = anna;
    const shown = page.locator("figure.front img");
    const showing = () => shown.first().getAttribute("src");
    await shown.first().waitFor();
    await page.keyboard.press("Space");
    await page.getByText("Paused").first().waitFor();
    const first = await showing();
    await page.keyboard.press("ArrowRight");
    await anna.until(page, async () => (await showing()) !== first, "the next one");
    await page.keyboard.press("ArrowLeft");
    await anna.until(page, async () => (await showing()) === first, "the one before");
    const code = page.locator("aside img");
    await code.waitFor();
    await page.keyboard.press("q");
    await code.waitFor({ state: "detached" });
    await page.keyboard.press("q");
    await code.waitFor();
    await page.keyboard.press("h");
    await anna.until(page, async () => (await showing()) !== first, "what was held back is gone");
    await page.keyboard.press("f");
    await page.waitForFunction(() => document.fullscreenElement !== null);
    await page.keyboard.press("f");
    await page.waitForFunction(() => document.fullscreenElement === null);
    await page.keyboard.press("Space");
    await page.getByText("Paused").first().waitFor({ state: "detached" });
    await page.keyboard.press("Escape");
    await anna.tiles.first().waitFor();
  });
});

test("a table card is a PDF", async () => {
  const stage = await Stage.open();
  try {
    const alice = await stage.enter("Alice");
    await alice.introduce();
    await alice.startGroup("Silver wedding");
    await alice.invite();
    await alice.button("Print a table card").click();
    await alice.page.getByLabel("Wi-Fi to be in").fill("Barn");
    const [download] = await Promise.all([alice.page.waitForEvent("download"), alice.page.locator("dialog form button[type=submit]").click()]);
    assert.match(download.suggestedFilename(), /\.pdf$/);
    const pdf = Buffer.concat(await (await download.createReadStream()).toArray());
    assert.match(pdf.subarray(0, 8).toString("latin1"), /^%PDF-1\.\d/);
    assert.match(pdf.subarray(-8).toString("latin1"), /%%EOF\s*$/);
    assert.deepEqual(stage.complaints(), []);
  } finally {
    await stage.close();
  }
});
