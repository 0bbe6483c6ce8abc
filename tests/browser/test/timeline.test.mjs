// A long timeline, by keyboard alone and by touch, over the seeded world.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, describe } from "node:test";
import { chromium } from "playwright-core";
import { GROUP, serveWorld } from "../lib/seeded.mjs";
import { DESKTOP, PHONE } from "../lib/stage.mjs";
import { steps } from "../lib/steps.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const MOMENTS = 20_000;

describe("a long timeline", () => {
  const step = steps();
  let [browser, world, desk, phone] = [];

  before(async () => {
    world = await serveWorld();
    browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--headless=new", "--no-sandbox", "--disable-gpu"] });
    desk = await open({ viewport: DESKTOP });
    phone = await open({ viewport: PHONE, hasTouch: true, isMobile: true });
  });

  after(async () => {
    await browser?.close();
    world?.stop();
  });

  async function open(options) {
    const context = await browser.newContext({ reducedMotion: "reduce", locale: "en-GB", ...options });
    const page = await context.newPage();
    await page.addInitScript(() => {
      globalThis.shift = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) globalThis.shift += entry.value;
      }).observe({ type: "layout-shift", buffered: true });
    });
    await page.goto(world.address(MOMENTS));
    await page.locator("[data-moment] img.shown").first().waitFor();
    return page;
  }

  const focusedIs = (page, wanted) => page.waitForFunction((wanted) => Number(document.activeElement?.dataset.index) === wanted, wanted);

  step("arrows walk, End and Home lead to the ends", async () => {
    await desk.keyboard.press("Home");
    await focusedIs(desk, 0);
    await desk.keyboard.press("ArrowRight");
    await focusedIs(desk, 1);
    await desk.keyboard.press("ArrowDown");
    await desk.waitForFunction(() => Number(document.activeElement?.dataset.index) > 1);
    await desk.keyboard.press("End");
    await desk.waitForFunction(() => Number(document.activeElement?.dataset.index) > 15_000);
    await desk.keyboard.press("Home");
    await focusedIs(desk, 0);
  });

  step("X selects, Shift with an arrow reaches on, F marks favourites, Escape lets go", async () => {
    await desk.keyboard.press("x");
    await desk.getByText("1 selected").first().waitFor();
    await desk.keyboard.press("Shift+ArrowRight");
    await desk.getByText("2 selected").first().waitFor();
    await focusedIs(desk, 1);
    await desk.keyboard.press("f");
    await desk.getByRole("button", { name: "No longer a favourite" }).waitFor();
    await desk.keyboard.press("Escape");
    await desk.getByText("2 selected").first().waitFor({ state: "detached" });
  });

  step("a search narrows, and Escape gives everything back", async () => {
    await desk.keyboard.press("/");
    await desk.keyboard.type("first dánce");
    await desk.getByText(/found$/).waitFor();
    const found = () => [...document.querySelectorAll("[data-moment] img")].map((one) => one.alt);
    await desk.waitForFunction(`(${found})().length > 0 && (${found})().every((name) => name.endsWith("First dance"))`);
    await desk.keyboard.press("Escape");
    await desk.getByText(/found$/).waitFor({ state: "detached" });
  });

  step("arrivals do not move what one looks at, and the pill leads to them", async () => {
    // A search may move what it found; from here on nobody asks for anything to move.
    await desk.waitForTimeout(600);
    await desk.evaluate(() => (globalThis.shift = 0));
    await desk.mouse.move(640, 500);
    await desk.mouse.wheel(0, 2_000);
    await desk.waitForFunction(() => document.querySelector(".scroller").scrollTop > 1_500);
    await desk.waitForTimeout(400);
    const places = () => desk.locator("[data-moment]").evaluateAll((all) => Object.fromEntries(all.map((one) => [one.dataset.moment, one.getBoundingClientRect().top])));
    const before = await places();
    await desk.evaluate(() => globalThis.world.arrive(3));
    const pill = desk.getByRole("button", { name: "3 new" });
    await pill.waitFor();
    const after = await places();
    const both = Object.keys(before).filter((id) => id in after);
    assert.ok(both.length > 5);
    for (const id of both) assert.ok(Math.abs(before[id] - after[id]) < 1.5, `${id} moved from ${before[id]} to ${after[id]}`);
    assert.equal(await desk.evaluate(() => globalThis.shift), 0, "nothing has shifted");
    await pill.click();
    await desk.waitForFunction(() => document.querySelector(".scroller").scrollTop < 80);
  });

  step("E opens the stack in focus where it stands, and closes it", async () => {
    const { head, ids } = await stackOf(desk);
    await desk.keyboard.press("Home");
    await focusedIs(desk, 0);
    await desk.locator(`[data-moment="${head}"]`).focus();
    await desk.keyboard.press("e");
    await shows(desk, ids);
    await desk.keyboard.press("e");
    await shows(desk, [head], ids);
  });

  step("the scrubber leads through the days by keys and by dragging", async () => {
    const scrubber = desk.getByRole("slider", { name: "Position in the timeline" });
    const at = async () => Number(await scrubber.getAttribute("aria-valuenow"));
    const comesTo = (least, most) => desk.waitForFunction(([least, most]) => {
      const now = Number(document.querySelector("[role=slider]").ariaValueNow);
      return now >= least && now <= most;
    }, [least, most]);
    await scrubber.focus();
    await desk.keyboard.press("End");
    await comesTo(100, 100);
    const oldest = await scrubber.getAttribute("aria-valuetext");
    await desk.keyboard.press("Home");
    await comesTo(0, 0);
    const newest = await scrubber.getAttribute("aria-valuetext");
    assert.notEqual(newest, oldest);
    await desk.keyboard.press("Shift+ArrowDown");
    await desk.waitForFunction((before) => document.querySelector("[role=slider]").ariaValueText !== before, newest);
    const { x, y, width, height } = await scrubber.boundingBox();
    await desk.mouse.move(x + width / 2, y + height * 0.2);
    await desk.mouse.down();
    await desk.mouse.move(x + width / 2, y + height * 0.6, { steps: 5 });
    await comesTo(58, 62);
    await desk.locator("[data-moment] img.shown").first().waitFor();
    await desk.mouse.up();
    await desk.mouse.move(x + width / 2, y + height * 0.9, { steps: 5 });
    assert.ok((await at()) <= 62, "what was let go no longer follows");
    await desk.keyboard.press("Home");
    await comesTo(0, 0);
    await scrubber.blur();
  });

  step("the map shows what comes while one looks at it, its picture once it is here", async () => {
    await desk.keyboard.press("p");
    const pins = desk.getByRole("button", { name: /moments? here/ });
    await pins.first().waitFor();
    const count = () => [...document.querySelectorAll(".pin")].reduce((sum, one) => sum + Number(one.ariaLabel.replaceAll(/\D/g, "")), 0);
    const until = (wanted) => desk.waitForFunction(`(${count})() === ${wanted}`);
    const before = await desk.evaluate(count);
    const id = await desk.evaluate((group) => {
      const { world } = globalThis;
      // Where most are, so that the newest is what its pin shows.
      const place = { latitude: 46.686, longitude: 7.863 };
      const address = world.mediaUrl.bind(world);
      globalThis.isHere = false;
      const [id] = world.arrive(1, group, { place, grid: { state: "missing", progress: 0 } }, Date.parse("2030-01-01"));
      world.mediaUrl = (of, moment, part) => (moment === id && !globalThis.isHere ? "data:image/png;base64,AAAA" : address(of, moment, part));
      return id;
    }, GROUP);
    await until(before + 1);
    const broken = () => [...document.querySelectorAll(".pin img")].filter((one) => one.complete && one.naturalWidth === 0).length;
    const bare = () => [...document.querySelectorAll(".pin")].filter((one) => one.querySelector("img") === null).length;
    await desk.waitForFunction(`(${bare})() === 1 && (${broken})() === 0`);
    await desk.evaluate(
      ([group, id]) => {
        globalThis.isHere = true;
        globalThis.world.change(group, id, { grid: { state: "complete" } });
      },
      [GROUP, id],
    );
    await desk.waitForFunction(`(${bare})() === 0 && (${broken})() === 0`);
    await desk.evaluate(([group, id]) => globalThis.world.remove(group, id), [GROUP, id]);
    await until(before);
    await desk.keyboard.press("Escape");
    await desk.locator("dialog[open]").waitFor({ state: "detached" });
  });

  step("a finger that rests selects, and draws a range", async () => {
    const touch = await fingers(phone);
    const tiles = await phone.locator("[data-moment]").evaluateAll((all) => all.map((one) => one.getBoundingClientRect()).map(({ x, y, width, height }) => ({ x: x + width / 2, y: y + height / 2 })));
    await touch("touchStart", tiles[0]);
    await phone.getByText("1 selected").first().waitFor();
    await touch("touchMove", { x: tiles[1].x, y: tiles[1].y });
    await touch("touchMove", tiles[2]);
    await phone.getByText("3 selected").first().waitFor();
    await touch("touchEnd");
    await phone.getByRole("button", { name: "Clear the selection" }).tap();
    await phone.getByText("3 selected").first().waitFor({ state: "detached" });
  });

  step("two fingers change the size of the tiles", async () => {
    const touch = await fingers(phone);
    const size = () => phone.locator("[data-moment]").first().evaluate((one) => one.getBoundingClientRect().height);
    const before = await size();
    const pair = (apart) => [{ x: 195 - apart, y: 450 }, { x: 195 + apart, y: 450 }];
    await touch("touchStart", ...pair(120));
    for (const apart of [100, 80, 60]) await touch("touchMove", ...pair(apart));
    await touch("touchEnd");
    await phone.waitForFunction((before) => document.querySelector("[data-moment]")?.getBoundingClientRect().height < before - 10, before);
  });

  step("a tap on its number opens a stack, and closes it", async () => {
    const { head, ids } = await stackOf(phone);
    await phone.getByRole("button", { name: `Show all ${ids.length} shots` }).first().tap();
    await shows(phone, ids);
    await phone.getByRole("button", { name: "Close the stack" }).tap();
    await shows(phone, [head], ids);
  });

  for (const theme of ["dark", "light"]) {
    step(`axe finds nothing serious, ${theme}`, async () => {
      await desk.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
      await desk.keyboard.press("Home");
      await focusedIs(desk, 0);
      await desk.keyboard.press("x");
      await desk.getByText("1 selected").first().waitFor();
      assert.deepEqual(await serious(desk), []);
      await desk.keyboard.press("Escape");
      await desk.keyboard.press("p");
      await desk.getByRole("button", { name: /moments? here/ }).first().waitFor();
      assert.deepEqual(await serious(desk), []);
      await desk.keyboard.press("Escape");
      await desk.locator("dialog[open]").waitFor({ state: "detached" });
    });
  }
});

/** The newest stack: what stands for it, and all that is in it. */
function stackOf(page) {
  return page.evaluate(async (group) => {
    const { moments } = await globalThis.world.call("timeline.page", { group, limit: 200, filter: { stacked: true } });
    const { head } = moments.find(({ stack }) => stack).stack;
    const stack = await globalThis.world.call("timeline.stack", { group, moment: head });
    return { head, ids: stack.moments.map(({ id }) => id) };
  }, GROUP);
}

/** Of these moments there are tiles, and of others of a stack none. */
async function shows(page, ids, others = []) {
  await page.waitForFunction(
    ([ids, others]) => {
      const has = (id) => document.querySelector(`[data-moment="${id}"]`) !== null;
      return ids.every(has) && !others.some((id) => !ids.includes(id) && has(id));
    },
    [ids, others],
  );
}

async function serious(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document));
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical").map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 160)}`);
}

async function fingers(page) {
  const session = await page.context().newCDPSession(page);
  return (type, ...points) => session.send("Input.dispatchTouchEvent", { type, touchPoints: points.map(({ x, y }, id) => ({ x, y, id })) });
}
