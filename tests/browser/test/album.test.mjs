// What is taken home: a web album opened from the disk as anybody opens a file, without a server and without the network.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe } from "node:test";
import { pathToFileURL } from "node:url";
import { barriers, settle } from "../lib/looks.mjs";
import { film, paint } from "../lib/photos.mjs";
import { DESKTOP, PHONE, Stage } from "../lib/stage.mjs";
import { steps } from "../lib/steps.mjs";

const TITLE = "Anna & Ben";
/** Where pictures of it go, for whoever wants to look. */
const PICTURES = process.env.AFTERGLOW_SCREENSHOTS;
const at = (day, hour) => new Date(Date.UTC(2026, 7, day, hour));

describe("a web album from the disk", () => {
  const step = steps();
  let stage, alice, album, page;
  const complaints = [];

  before(async () => {
    stage = await Stage.open();
    const { node } = await stage.node("alice");
    alice = node;
    await alice.call("profile", "--name", "Alice");
    await alice.call("group", "create", TITLE);
    const folder = join(stage.folder, "camera");
    const photos = await paint(stage.browser, folder, [
      { kind: "dunes", seed: 1, width: 1600, height: 1200, takenAt: at(1, 17) },
      { kind: "forest", seed: 2, width: 1200, height: 1600, takenAt: at(1, 18) },
      { kind: "dunes", seed: 3, width: 1800, height: 1000, takenAt: at(2, 9) },
      { kind: "forest", seed: 4, width: 1600, height: 1200, takenAt: at(2, 10) },
    ]);
    const clip = await film(photos[0].path, join(folder, "dance.mp4"), { takenAt: at(2, 11) });
    await alice.call("post", ...photos.map(({ path }) => path), clip.path, "--wait", "0");
    album = join(stage.folder, "album");
    await alice.call("export", album, "--format", "web");
  });

  after(() => stage?.close());

  const open = async (options, heard = complaints) => {
    const context = await stage.browser.newContext({ viewport: DESKTOP, locale: "en-GB", colorScheme: "dark", offline: true, ...options });
    const opened = await context.newPage();
    opened.on("pageerror", (error) => heard.push(String(error)));
    opened.on("console", (line) => line.type() === "error" && heard.push(line.text()));
    opened.on("request", (request) => request.url().startsWith("file:") || request.url().startsWith("data:") || heard.push(`asked ${request.url()}`));
    await opened.goto(pathToFileURL(join(album, "index.html")).href);
    return opened;
  };

  step("shows every moment by day, each with its picture", async () => {
    page = await open();
    assert.equal(await page.title(), TITLE);
    assert.equal(await page.locator("main a").count(), 5);
    assert.equal(await page.locator("section").count(), 2, "two days");
    await settle(page);
    const drawn = await page.locator("main img").evaluateAll((pictures) => pictures.every(({ complete, naturalWidth }) => complete && naturalWidth > 0));
    assert.ok(drawn, "every preview is drawn");
    assert.match(await page.locator("footer strong").textContent(), /^\w+ \w+ \w+$/);
  });

  step("opens full screen and goes on by keyboard alone", async () => {
    await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    const stageOf = page.locator("dialog .stage");
    await stageOf.locator("img").waitFor();
    const first = await stageOf.locator("img").getAttribute("src");
    await page.keyboard.press("ArrowRight");
    assert.notEqual(await stageOf.locator("img").getAttribute("src"), first);
    assert.match(await page.locator("dialog .who").textContent(), /Alice · .*2026/);
    await page.keyboard.press("Home");
    await stageOf.locator("video").waitFor();
    await page.waitForFunction(() => document.querySelector("dialog video").currentTime > 0.2);
    assert.ok(await page.locator("dialog .back").isDisabled(), "the newest has none before it");
    await page.keyboard.press("Escape");
    await page.locator("dialog").waitFor({ state: "hidden" });
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "A", "it leads back to the wall");
  });

  step("can be read in both themes, at a desk and on a phone", async () => {
    if (PICTURES) mkdirSync(PICTURES, { recursive: true });
    const picture = (page, name) => PICTURES && page.screenshot({ path: join(PICTURES, `${name}.png`) });
    for (const colorScheme of ["dark", "light"]) {
      for (const [size, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
        // axe-core asks for the style sheet, which the page itself may not.
        const looked = await open({ colorScheme, viewport }, []);
        await settle(looked);
        assert.deepEqual(await barriers(looked), [], `${colorScheme} ${size}`);
        const wide = await looked.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(wide <= 0, `nothing sticks out at ${size}`);
        await picture(looked, `album-${colorScheme}-${size}`);
        if (colorScheme === "dark") {
          await looked.locator("main a").nth(1).click();
          await looked.locator("dialog img").waitFor();
          await settle(looked);
          await picture(looked, `album-open-${size}`);
        }
        await looked.context().close();
      }
    }
  });

  step("asks for nothing but its own files and complains of nothing", () => {
    assert.deepEqual(complaints, []);
  });
});
