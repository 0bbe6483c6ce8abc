// One moment on the whole screen, over the seeded world: what is said of it and what can be done with it.

import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { chromium } from "playwright-core";
import { clipped, overflow, tooSmall } from "../lib/looks.mjs";
import { GROUP, serveWorld } from "../lib/seeded.mjs";
import { DESKTOP, PHONE } from "../lib/stage.mjs";
import { steps } from "../lib/steps.mjs";

const PHONE_OPTIONS = { viewport: PHONE, hasTouch: true, isMobile: true };
const MIDDLE = { x: PHONE.width / 2, y: PHONE.height / 2 - 60 };

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

  /** A world of one's own, `query` of another kind. */
  async function open({ query = "", ...options }) {
    const context = await browser.newContext({ reducedMotion: "reduce", locale: "en-GB", timezoneId: "Europe/Berlin", ...options });
    const opened = await context.newPage();
    await opened.goto(world.address(1_000).replace("#", `${query}#`));
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

  step("a moment that is left before its neighbours were found complains of nothing", async () => {
    const complaints = [];
    const hear = (error) => complaints.push(String(error));
    page.on("pageerror", hear);
    // The oldest, of which nothing is known yet.
    let id;
    await find(page, (one) => void (id = one.id));
    const left = page.url();
    await page.evaluate(() => {
      const { world } = globalThis;
      const call = world.call.bind(world);
      const held = [];
      const wait = () => new Promise((go) => held.push(go));
      const later = [];
      world.call = (name, args) => {
        const answer = wait().then(() => call(name, args));
        later.push(answer);
        return answer;
      };
      globalThis.answer = async () => {
        world.call = call;
        for (const go of held) go();
        await Promise.allSettled(later);
        return later.length;
      };
    });
    await page.evaluate((to) => location.assign(to), `#/group/${GROUP}/moment/${id}`);
    const viewer = page.locator("dialog[open]");
    await viewer.waitFor();
    await page.evaluate((to) => location.assign(to), left);
    await viewer.waitFor({ state: "detached" });
    assert.ok((await page.evaluate(() => globalThis.answer())) > 0, "something was asked");
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    page.off("pageerror", hear);
    assert.deepEqual(complaints, []);
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

  step("F and the star mark it as a favourite, and no longer", async () => {
    const { id } = await find(page, (one) => !one.favourite);
    const favourite = async () => (await find(page, (one) => one.id === id)).favourite;
    await look(page, id);
    await page.keyboard.press("f");
    await page.getByRole("button", { name: "No longer a favourite", pressed: true }).waitFor();
    assert.equal(await favourite(), true);
    await page.getByRole("button", { name: "No longer a favourite" }).click();
    await page.getByRole("button", { name: "Favourite", exact: true }).waitFor();
    assert.equal(await favourite(), false);
    await close(page);
  });

  step("on a small phone everything that can be done fits below the picture, and sharing hands the original on", async () => {
    for (const locale of ["de-DE", "en-GB"]) {
      const phone = await open({ query: "&phone", viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true, locale });
      const { id } = await find(phone, (one) => one.caption && one.reactions.length > 0);
      await look(phone, id);
      assert.deepEqual([...(await overflow(phone)), ...(await clipped(phone)), ...(await tooSmall(phone))], []);
      const said = phone.locator("dialog header p span");
      assert.ok(await said.evaluate((one) => one.scrollWidth <= one.clientWidth), "the time is said in full");
      if (locale === "en-GB") {
        await phone.evaluate(() => {
          const { system } = globalThis.world;
          const call = system.call.bind(system);
          globalThis.shared = [];
          system.call = (name, args) => (name === "share.out" && globalThis.shared.push(...args.moments), call(name, args));
        });
        const share = phone.getByRole("button", { name: "Share", exact: true });
        const { y } = await share.boundingBox();
        assert.ok(y > 500, "where the thumb is");
        await share.tap();
        await phone.waitForFunction((id) => globalThis.shared.join() === id, id);
      }
      await phone.context().close();
    }
  });

  step("the header and the panel say one time; that of a camera in another zone is said beside it", async () => {
    const { id, captured_at_ms: at } = await find(page, () => true);
    await look(page, id);
    await page.keyboard.press("i");
    const row = (name) => page.getByRole("complementary").locator("div", { has: page.getByText(name, { exact: true }) }).getByRole("definition");
    const clock = (zone) => new Intl.DateTimeFormat("en-GB", { timeStyle: "short", timeZone: zone }).format(at);
    const here = clock("Europe/Berlin");
    assert.ok((await page.locator("dialog header p span").innerText()).endsWith(here));
    assert.ok((await row("Taken").innerText()).includes(`${here}:`));
    assert.equal(await row("By the clock there").count(), 0);
    await page.evaluate(([group, id]) => globalThis.world.change(group, id, { captured_offset_min: 540 }), [GROUP, id]);
    await row("By the clock there").waitFor();
    assert.ok((await row("Taken").innerText()).includes(`${here}:`));
    const there = await row("By the clock there").innerText();
    assert.ok(there.includes(`${clock("Asia/Tokyo")}:`) && there.includes("UTC+9"), there);
    await close(page);
  });

  step("a Live Photo moves while a finger rests on it, and by its button", async () => {
    const { id } = await find(page, (one) => one.motion.state === "complete", "live");
    const phone = await open(PHONE_OPTIONS);
    for (const person of [page, phone]) await look(person, id);
    const button = page.getByRole("button", { name: "Play Live Photo" });
    await button.click();
    await page.locator("dialog video").waitFor();
    await button.click();
    await page.locator("dialog video").waitFor({ state: "detached" });
    await close(page);
    const touch = await fingers(phone);
    await touch("touchStart", 0, MIDDLE);
    await phone.locator("dialog video").waitFor();
    await touch("touchEnd", 0);
    await phone.locator("dialog video").waitFor({ state: "detached" });
    assert.ok(phone.url().endsWith(id), "a finger that rests leads nowhere");
    await phone.context().close();
  });

  step("two taps zoom to where they are, two more back", async () => {
    const phone = await open(PHONE_OPTIONS);
    const { id } = await find(phone, () => true);
    await look(phone, id);
    const touch = await fingers(phone);
    const aside = { x: MIDDLE.x + 60, y: MIDDLE.y };
    const twice = async () => {
      for (const [at, type] of ["touchStart", "touchEnd", "touchStart", "touchEnd"].entries()) await touch(type, at * 40, ...(type === "touchStart" ? [aside] : []));
    };
    const scale = (is) => phone.waitForFunction((is) => new DOMMatrix(getComputedStyle(document.querySelector("dialog .photo")).transform).a === is, is);
    await scale(1);
    await twice();
    await scale(2.5);
    const left = await phone.locator("dialog .photo").evaluate((one) => new DOMMatrix(getComputedStyle(one).transform).e);
    assert.ok(left < -20, "what was tapped stays where it is");
    await twice();
    await scale(1);
    await phone.context().close();
  });

  step("where lines run from right to left, arrows and fingers lead along them", async () => {
    const mirrored = await open({ viewport: DESKTOP });
    await mirrored.evaluate(() => (document.documentElement.dir = "rtl"));
    await mirrored.keyboard.press("Home");
    const focused = (wanted) => mirrored.waitForFunction((wanted) => Number(document.activeElement?.dataset.index) === wanted, wanted);
    await focused(0);
    await mirrored.keyboard.press("ArrowLeft");
    await focused(1);
    await mirrored.keyboard.press("ArrowRight");
    await focused(0);
    const [newest, second] = await mirrored.locator("[data-moment]").evaluateAll((all) => all.map((one) => one.dataset.moment));
    await mirrored.keyboard.press("Enter");
    const [newer, older] = ["Newer", "Older"].map((name) => mirrored.getByRole("button", { name }));
    await older.and(mirrored.locator(":enabled")).waitFor();
    assert.ok((await older.boundingBox()).x < (await newer.boundingBox()).x, "what is older is at the left");
    const at = (id) => mirrored.waitForURL(`**/moment/${id}`);
    await at(newest);
    await mirrored.keyboard.press("ArrowLeft");
    await at(second);
    await newer.and(mirrored.locator(":enabled")).waitFor();
    await drag(mirrored, { x: 640, y: 400 }, { x: 440, y: 400 });
    await at(newest);
    await mirrored.context().close();
  });
});

/** A moment of the seeded world that is whole and here, and what is said of it. */
async function find(page, isIt, kind = "photo") {
  const { moments } = await page.evaluate((group) => globalThis.world.call("timeline.page", { group, limit: 1_000, filter: {} }), GROUP);
  return moments.find((one) => one.kind === kind && one.original.state === "complete" && !one.needs_choice && isIt(one));
}

async function look(page, id) {
  await page.evaluate((hash) => {
    location.hash = hash;
  }, `#/group/${GROUP}/moment/${id}`);
  await page.locator("dialog img.shown").first().waitFor();
}

/** Touches as the browser gets them from a screen, so many milliseconds after now: how fast two follow is not left to the machine. */
async function fingers(page) {
  const session = await page.context().newCDPSession(page);
  return (type, inMs, ...points) =>
    session.send("Input.dispatchTouchEvent", { type, timestamp: (Date.now() + inMs) / 1_000, touchPoints: points.map(({ x, y }, id) => ({ x, y, id })) });
}

async function drag(page, from, to) {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(to.x, to.y, { steps: 6 });
  await page.mouse.up();
}

async function close(page) {
  await page.keyboard.press("Escape");
  await page.locator("dialog[open]").waitFor({ state: "detached" });
}
