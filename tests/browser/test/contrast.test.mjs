// Who asked the system for more contrast, or for colours of their own, sees all that there is: no control and no text has the colour of
// what it lies on.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { chromium } from "playwright-core";
import { barriers, faded, settle } from "../lib/looks.mjs";
import { SCREENS, visit } from "../lib/screens.mjs";
import { serveWorld } from "../lib/seeded.mjs";

const WISHES = {
  "more contrast, dark": { contrast: "more", colorScheme: "dark" },
  "more contrast, light": { contrast: "more", colorScheme: "light" },
  "colours of the system, dark": { forcedColors: "active", colorScheme: "dark" },
  "colours of the system, light": { forcedColors: "active", colorScheme: "light" },
};
const MAIN = ["first-start", "home", "timeline", "timeline-selection", "moment-info", "map", "camera", "invite", "members", "storage", "clocks", "take-home", "settings", "shortcuts"];
const FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];

describe("nothing is invisible", () => {
  let [browser, served, context] = [];

  before(async () => {
    served = await serveWorld();
    browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
    context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce", locale: "en-GB", timezoneId: "Europe/Berlin" });
  });

  after(async () => {
    await browser?.close();
    served?.stop();
  });

  for (const name of MAIN) {
    test(name, async () => {
      const wrong = [];
      const page = await context.newPage();
      await visit(page, served.origin, SCREENS[name], 200);
      for (const [wish, media] of Object.entries(WISHES)) {
        await page.emulateMedia({ contrast: null, forcedColors: null, ...media });
        await settle(page);
        for (const one of await faded(page)) wrong.push(`${wish}: ${one}`);
        if (media.contrast) for (const one of await barriers(page)) wrong.push(`${wish}: ${one}`);
      }
      await page.close();
      assert.deepEqual(wrong, []);
    });
  }

  test("with the colours of the system, what is chosen is told by a line, and colours to choose from stay colours", async () => {
    const page = await context.newPage();
    await visit(page, served.origin, SCREENS.settings, 200);
    await page.emulateMedia({ contrast: null, forcedColors: "active", colorScheme: "dark" });
    const choices = await page.locator("dialog label:has(input[type=radio])").evaluateAll((labels) =>
      labels.map((label) => ({ chosen: label.querySelector("input").checked, line: getComputedStyle(label).outlineStyle !== "none", colour: label.matches(".swatch") && getComputedStyle(label).backgroundColor })),
    );
    assert.ok(choices.filter(({ chosen }) => chosen).length >= 3, "a colour, an appearance and a language");
    assert.deepEqual(choices.filter(({ chosen, line }) => chosen !== line), []);
    assert.equal(new Set(choices.flatMap(({ colour }) => colour || [])).size, 12);
    await page.close();
  });
});
