// Every screen where room is scarcest and widest: the longer language on the smallest phone, and a 4K window. Nothing sticks
// out, no text is cut off or too fine to be read, everything is large enough for a finger; mirrored, nothing sticks out either. And
// nothing bars anybody the way, in both themes.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { chromium } from "playwright-core";
import { barriers, clipped, overflow, settle, tooFine, tooSmall } from "../lib/looks.mjs";
import { SCREENS, visit } from "../lib/screens.mjs";
import { serveWorld } from "../lib/seeded.mjs";

const SMALL = { viewport: { width: 360, height: 640 }, locale: "de-DE", colorScheme: "light", hasTouch: true, isMobile: true };
const LARGE = { viewport: { width: 3840, height: 2160 }, locale: "de-DE", colorScheme: "dark" };
const FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];

describe("every screen fits", () => {
  let [browser, served, small, large] = [];

  before(async () => {
    served = await serveWorld();
    browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
    const context = (options) => browser.newContext({ reducedMotion: "reduce", timezoneId: "Europe/Berlin", ...options });
    [small, large] = await Promise.all([context(SMALL), context(LARGE)]);
  });

  after(async () => {
    await browser?.close();
    served?.stop();
  });

  for (const [name, screen] of Object.entries(SCREENS)) {
    test(name, async () => {
      const wrong = [];
      await look(small, screen, async (page) => {
        for (const one of [...(await overflow(page)), ...(await clipped(page)), ...(await tooSmall(page)), ...(await tooFine(page, 11))]) wrong.push(`360 x 640: ${one}`);
        for (const colorScheme of ["dark", "light"]) {
          await page.emulateMedia({ colorScheme });
          await settle(page);
          for (const barrier of await barriers(page)) wrong.push(`360 x 640, ${colorScheme}: ${barrier}`);
        }
        await page.evaluate(() => (document.documentElement.dir = "rtl"));
        for (const one of await overflow(page)) wrong.push(`360 x 640, mirrored: ${one}`);
      });
      await look(large, screen, async (page) => {
        for (const one of [...(await overflow(page)), ...(await clipped(page)), ...(await tooFine(page, 16)), ...(await barriers(page))]) wrong.push(`3840 x 2160: ${one}`);
      });
      assert.deepEqual(wrong, []);
    });
  }

  async function look(context, screen, check) {
    const page = await context.newPage();
    await visit(page, served.origin, screen);
    await settle(page);
    await check(page);
    await page.close();
  }
});
