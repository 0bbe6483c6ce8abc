// Every screen in both themes and at every size: fits, can be used by everybody, and is photographed into artifacts/.

import assert from "node:assert/strict";
import { mkdirSync, rmSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { barriers, overflow, settle } from "../lib/looks.mjs";
import { DESKTOP, PHONE, Stage } from "../lib/stage.mjs";
import { buildWorld, TITLE } from "../lib/world.mjs";

const ARTIFACTS = fileURLToPath(new URL("../artifacts/", import.meta.url));
const THEMES = ["dark", "light"];
const PICTURED = { phone: PHONE, desktop: DESKTOP };
const SIZES = [{ width: 360, height: 640 }, PHONE, DESKTOP, { width: 1920, height: 1080 }];
const STILL = { reducedMotion: "reduce" };

describe("every screen", () => {
  let stage, dora, anna, group, link, moments;

  before(async () => {
    rmSync(ARTIFACTS, { recursive: true, force: true });
    mkdirSync(ARTIFACTS, { recursive: true });
    stage = await Stage.open();
    dora = await stage.enter("Dora", STILL);
    ({ anna, group } = await buildWorld(stage, STILL));
    ({ link } = (await anna.call("invite.list", { group })).invites[0]);
    ({ moments } = await anna.call("timeline.page", { group, limit: 50, filter: {} }));
  });

  after(() => stage?.close());

  test("first start", async () => {
    await dora.heading("What should the others call you?").waitFor();
    await looksRight(dora.page, "first-start");
  });

  test("home, empty", async () => {
    await dora.introduce();
    await looksRight(dora.page, "home-empty");
  });

  test("timeline, empty and alone", async () => {
    await dora.startGroup("A rainy Sunday in the old town hall with everyone from the choir");
    await dora.heading("Let the others in").waitFor();
    await looksRight(dora.page, "timeline-empty");
  });

  test("home with groups", async () => {
    await anna.heading("My groups").waitFor();
    await anna.until(anna.page.locator("article img.shown"), async (covers) => (await covers.count()) === 3, "the covers are shown");
    await looksRight(anna.page, "home");
  });

  test("start a group", () => at("#/start", "start", () => anna.dialog("Start a group").waitFor()));
  test("settings", () => at("#/settings", "settings", () => anna.dialog("Settings").waitFor()));
  test("diagnostics", () => at("#/settings/diagnostics", "diagnostics", () => anna.page.getByText("groups.txt").waitFor()));
  test("licences", () => at("#/settings/licences", "licences", () => anna.page.getByText("svelte", { exact: true }).waitFor()));

  test("join with a link that is none", async () => {
    await at("#/join?link=hello", "join-wrong", () => anna.page.getByRole("alert").waitFor());
    assert.ok(anna.forgive(422) > 0);
  });

  test("join", async () => {
    await go(dora, `#/join?link=${encodeURIComponent(link)}`);
    await dora.heading(TITLE).waitFor();
    await looksRight(dora.page, "join");
  });

  test("timeline", () => at(`#/group/${group}`, "timeline", () => anna.tiles.first().locator("img.shown").waitFor()));

  test("keyboard shortcuts", async () => {
    await anna.page.keyboard.press("?");
    await anna.dialog("Keyboard shortcuts").waitFor();
    await looksRight(anna.page, "shortcuts");
    await anna.closeSheet();
  });

  test("moment", async () => {
    const captioned = moments.find(({ caption }) => caption);
    await at(`#/group/${group}/moment/${captioned.id}`, "moment", () => anna.page.locator("dialog img.shown").first().waitFor());
  });

  test("moment with its info", async () => {
    await anna.page.keyboard.press("i");
    await anna.page.getByRole("complementary", { name: "Info" }).waitFor();
    await looksRight(anna.page, "moment-info");
    await anna.button("Take back").click();
    await anna.dialog("Take this moment back?").waitFor();
    await looksRight(anna.page, "take-back");
    await anna.button("Keep it").click();
    await anna.page.keyboard.press("i");
  });

  test("upright moment", async () => {
    const upright = moments.find(({ width, height }) => height > width);
    await at(`#/group/${group}/moment/${upright.id}`, "moment-upright", () => anna.page.locator(`dialog img.shown[src*="${upright.id}"]`).first().waitFor());
  });

  test("clip", async () => {
    const clip = moments.find(({ kind }) => kind === "clip");
    await at(`#/group/${group}/moment/${clip.id}`, "clip", () => anna.page.locator("dialog video").waitFor());
  });

  test("invite", () => at(`#/group/${group}/invite`, "invite", () => anna.dialog("Invite").getByRole("img").waitFor()));
  test("members", () => at(`#/group/${group}/members`, "members", () => anna.dialog("Members").getByText("Clara").waitFor()));

  test("signed out", async () => {
    const page = await anna.context.newPage();
    await page.goto(new URL("/", anna.page.url()).href);
    await page.getByRole("heading", { name: "Open this page from Afterglow" }).waitFor();
    await looksRight(page, "signed-out");
    await page.close();
  });

  test("gallery of every component in every state", async () => {
    const page = await anna.context.newPage();
    await page.goto(new URL("/#/gallery", anna.page.url()).href);
    await page.getByRole("heading", { level: 1 }).first().waitFor();
    await looksRight(page, "gallery", { whole: true });
    await page.close();
  });

  test("nothing complained", () => assert.deepEqual(stage.complaints(), []));

  async function go(person, hash) {
    await person.page.evaluate((hash) => {
      location.hash = hash;
    }, hash);
  }

  async function at(hash, name, shown) {
    await go(anna, hash);
    await shown();
    await looksRight(anna.page, name);
  }
});

/** How high a window would show everything. */
const tallest = (page) => page.evaluate(() => Math.max(...[...document.querySelectorAll("body, body *")].map((one) => one.scrollHeight)));

/** Looks at a screen in both themes and at all sizes, and says everything that is wrong at once. */
async function looksRight(page, name, { whole = false } = {}) {
  const wrong = [];
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    for (const [size, viewport] of Object.entries(PICTURED)) {
      await page.setViewportSize(viewport);
      await settle(page);
      if (whole) await page.setViewportSize({ ...viewport, height: await tallest(page) });
      await page.screenshot({ path: `${ARTIFACTS}${name}-${size}-${theme}.png` });
      for (const barrier of await barriers(page)) wrong.push(`${size}, ${theme}: ${barrier}`);
    }
  }
  for (const viewport of SIZES) {
    await page.setViewportSize(viewport);
    await settle(page);
    for (const one of await overflow(page)) wrong.push(`${viewport.width} x ${viewport.height}: ${one}`);
  }
  await page.setViewportSize(DESKTOP);
  assert.deepEqual(wrong, []);
}
