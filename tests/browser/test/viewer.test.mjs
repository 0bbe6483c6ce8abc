// One moment on the whole screen, over the seeded world: what is said of it and what can be done with it.

import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { chromium } from "playwright-core";
import { GROUP, serveWorld } from "../lib/seeded.mjs";
import { DESKTOP } from "../lib/stage.mjs";
import { steps } from "../lib/steps.mjs";

describe("one moment", () => {
  const step = steps();
  let [browser, world, page] = [];

  before(async () => {
    world = await serveWorld();
    browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--headless=new", "--no-sandbox", "--disable-gpu"] });
    page = await open({ viewport: DESKTOP });
  });

  after(async () => {
    await browser?.close();
    world?.stop();
  });

  async function open(options) {
    const context = await browser.newContext({ reducedMotion: "reduce", locale: "en-GB", timezoneId: "Europe/Berlin", ...options });
    const opened = await context.newPage();
    await opened.goto(world.address(1_000));
    await opened.locator("[data-moment] img.shown").first().waitFor();
    return opened;
  }

  step("the panel says where it was taken, and leads to that place on the map and back", async () => {
    const { id, place } = await find(page, (one) => one.place);
    await look(page, id);
    await page.keyboard.press("i");
    const said = await page.getByRole("definition").filter({ hasText: / N, / }).innerText();
    const [latitude, longitude] = said.match(/[\d.]+/g).map(Number);
    assert.ok(Math.abs(latitude - place.latitude) < 1e-4 && Math.abs(longitude - place.longitude) < 1e-4, said);
    await page.getByRole("link", { name: "Show on the map" }).click();
    const map = page.getByRole("dialog", { name: /^Map/ });
    await map.locator(`.strip a[href$="${id}"]`).waitFor();
    assert.equal(await map.locator(".strip a").count(), 1, "only what was asked for lies in the strip");
    await page.goBack();
    await page.locator(`dialog img.shown[src]`).first().waitFor();
    assert.ok(page.url().endsWith(`/moment/${id}`));
    await close(page);
    const { id: nowhere } = await find(page, (one) => !one.place);
    await look(page, nowhere);
    await page.keyboard.press("i");
    await page.getByRole("definition").first().waitFor();
    assert.equal(await page.getByText("Where", { exact: true }).count(), 0, "nothing is said of a place that nobody shared");
    await close(page);
  });

  step("a host takes back what somebody else has posted; who is none is not offered it", async () => {
    const { id } = await find(page, (one) => !one.mine);
    await look(page, id);
    await page.keyboard.press("i");
    await page.getByRole("complementary").getByRole("button", { name: "Take back" }).click();
    await page.getByRole("dialog", { name: "Take this moment back?" }).getByRole("button", { name: "Take back" }).click();
    await page.getByRole("heading", { name: "Taken back" }).waitFor();
    await close(page);
    const member = await open({ viewport: DESKTOP });
    await member.evaluate(async (id) => {
      const { groups } = await globalThis.world.call("group.list", {});
      const call = globalThis.world.call.bind(globalThis.world);
      globalThis.world.call = async (name, args) => (name === "group.get" ? { ...groups.find((one) => one.id === id), is_host: false } : call(name, args));
      globalThis.world.emit({ event: "groups_changed" });
    }, GROUP);
    for (const mine of [true, false]) {
      const { id: other } = await find(member, (one) => one.mine === mine);
      await look(member, other);
      await member.keyboard.press("i");
      await member.getByRole("definition").first().waitFor();
      assert.equal(await member.getByRole("button", { name: "Take back" }).count(), mine ? 1 : 0);
      await close(member);
    }
    await member.context().close();
  });
});

/** A moment of the seeded world that is whole and here, and what is said of it. */
async function find(page, isIt) {
  const { moments } = await page.evaluate((group) => globalThis.world.call("timeline.page", { group, limit: 1_000, filter: {} }), GROUP);
  return moments.find((one) => one.kind === "photo" && one.original.state === "complete" && !one.needs_choice && isIt(one));
}

async function look(page, id) {
  await page.evaluate((hash) => {
    location.hash = hash;
  }, `#/group/${GROUP}/moment/${id}`);
  await page.locator("dialog img.shown").first().waitFor();
}

async function close(page) {
  await page.keyboard.press("Escape");
  await page.locator("dialog[open]").waitFor({ state: "detached" });
}
