// What a page loads until its timeline is there is what ui/.size-limit.mjs weighs: nothing grows unseen.

import assert from "node:assert/strict";
import { basename } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { PNG } from "pngjs";
import weighed from "../../../ui/.size-limit.mjs";
import { Album, Door, momentView } from "../../../ui/tests/guest/door.mjs";
import { serveWorld } from "../lib/seeded.mjs";

const DIST = fileURLToPath(new URL("../../../ui/dist", import.meta.url));
const [members, guests] = weighed.map(({ path }) => new Set(path.map((file) => basename(file))));

describe("the scripts until a timeline", () => {
  let browser;

  before(async () => {
    browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--headless=new", "--no-sandbox", "--disable-gpu"] });
  });

  after(() => browser?.close());

  /** The names of all scripts that are loaded until a picture is there, those of workers too. */
  async function loaded(address, enter = async () => {}) {
    const context = await browser.newContext({ locale: "en-GB" });
    const scripts = new Set();
    context.on("request", (request) => {
      const { pathname } = new URL(request.url());
      if (pathname.endsWith(".js")) scripts.add(basename(pathname));
    });
    const page = await context.newPage();
    await page.goto(address);
    await enter(page);
    await page.locator("[data-moment] img.shown").first().waitFor();
    await context.close();
    return [...scripts];
  }

  test("are weighed: a member's", async () => {
    const world = await serveWorld();
    const scripts = await loaded(world.address(20_000));
    world.stop();
    // The seeded world stands in for a node.
    const uncounted = scripts.filter((name) => !members.has(name) && !/^(host|rolldown-runtime)-/.test(name));
    assert.deepEqual(uncounted, []);
    assert.ok(scripts.some((name) => name.startsWith("layout.worker-")), "workers are among them");
  });

  test("are weighed: a guest's", async () => {
    const album = new Album();
    const door = new Door(album, { dist: DIST });
    await door.open();
    const id = "01".repeat(32);
    album.part(id, "grid", PNG.sync.write(new PNG({ width: 3, height: 2 })), "image/png");
    album.put(momentView(album.group, id));
    const scripts = await loaded(door.link, async (page) => {
      await page.getByLabel("Your name").fill("Frida");
      await page.keyboard.press("Enter");
    });
    door.kill();
    assert.deepEqual(scripts.filter((name) => !guests.has(name)), []);
    assert.ok(scripts.some((name) => name.startsWith("bench.worker-")), "workers are among them");
  });
});
