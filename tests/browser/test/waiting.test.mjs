// While something is on its way its place says so, quietly, and what comes takes that place: nothing else moves.

import assert from "node:assert/strict";
import { basename } from "node:path";
import { after, before, describe, test } from "node:test";
import { chromium } from "playwright-core";
import { barriers, settle } from "../lib/looks.mjs";
import { GROUP, serveWorld } from "../lib/seeded.mjs";
import { PHONE } from "../lib/stage.mjs";

const SCREENS = {
  timeline: { hash: `#/group/${GROUP}`, within: "main", there: "[data-moment]" },
  members: { hash: `#/group/${GROUP}/members`, within: "dialog", there: "dialog li" },
  storage: { hash: `#/group/${GROUP}/storage`, within: "dialog", there: "dialog dl" },
  map: { hash: `#/group/${GROUP}/map`, within: "dialog", there: "dialog .pin" },
};

describe("what is on its way", () => {
  let [browser, served] = [];

  before(async () => {
    served = await serveWorld();
    browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--headless=new", "--no-sandbox", "--disable-gpu"] });
  });

  after(async () => {
    await browser?.close();
    served?.stop();
  });

  /** A page, and how it goes there. */
  async function open(query, hash) {
    const context = await browser.newContext({ locale: "en-GB", viewport: PHONE, reducedMotion: "reduce" });
    const page = await context.newPage();
    const go = () => page.goto(`${served.origin}/?world=200&now=1795283000000${query}${hash}`);
    return { page, go };
  }

  const sign = (page) => page.getByRole("status").filter({ hasText: "Loading" });

  /** It is seen, everybody can know it, and it goes when what it stands for is there. */
  async function stands(page, there, place = page) {
    await sign(place).waitFor();
    await settle(page);
    assert.deepEqual(await barriers(page), []);
    await page.evaluate(() => globalThis.world.letGo());
    await page.locator(there).first().waitFor();
    assert.equal(await sign(place).count(), 0);
    await page.context().close();
  }

  test("the way to an engine", async () => {
    const { page, go } = await open("", "#/");
    const preloaded = await (await fetch(served.origin)).text();
    let letGo;
    const late = new Promise((resolve) => (letGo = resolve));
    await page.route(/host-[^/]*\.js$/, (route) => {
      if (preloaded.includes(basename(route.request().url()))) return route.continue();
      return late.then(() => route.continue());
    });
    await go();
    await sign(page).waitFor();
    assert.equal(await page.evaluate(() => globalThis.world), undefined);
    letGo();
    await page.locator("article").first().waitFor();
    assert.equal(await sign(page).count(), 0);
    await page.context().close();
  });

  test("who one is", async () => {
    const { page, go } = await open("&held=app.status", "#/");
    await go();
    await stands(page, "article");
  });

  test("my groups", async () => {
    const { page, go } = await open("&held=group.list", "#/");
    await go();
    await page.getByRole("link", { name: "Settings" }).waitFor();
    await stands(page, "article");
  });

  for (const [name, { hash, within, there }] of Object.entries(SCREENS)) {
    test(name, async () => {
      const { page, go } = await open("", "#/");
      await go();
      await page.locator("article").first().waitFor();
      await page.evaluate((hash) => {
        globalThis.world.hold();
        location.hash = hash;
      }, hash);
      await stands(page, there, page.locator(within));
    });
  }
});
