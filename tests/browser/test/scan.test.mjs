// Joining by the camera, by keyboard alone: one person's code on one screen, another's camera before it.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { chromium } from "playwright-core";
import { filmed, filmOf } from "../lib/film.mjs";
import { focused, tabTo } from "../lib/keys.mjs";
import { barriers } from "../lib/looks.mjs";
import { decodeQr } from "../lib/qr.mjs";
import { Stage } from "../lib/stage.mjs";
import { serveWorld } from "../lib/seeded.mjs";
import { steps } from "../lib/steps.mjs";

/** Runs before the page: remembers every camera that was opened. */
function watchCameras() {
  globalThis.opened = [];
  const devices = navigator.mediaDevices;
  const open = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (wish) => {
    const stream = await open(wish);
    globalThis.opened.push(...stream.getTracks());
    return stream;
  };
}

const cameras = ({ page }) => page.evaluate(() => globalThis.opened.map(({ kind, readyState }) => `${kind} ${readyState}`));

describe("joining by the camera", () => {
  const step = steps();
  const folder = mkdtempSync(join(tmpdir(), "afterglow-film-"));
  const film = join(folder, "camera.y4m");
  let stage, alice, bob;

  before(async () => {
    stage = await Stage.open(null, filmed(film));
    alice = await stage.enter("Alice");
    bob = await stage.enter("Bob", { permissions: ["camera"] });
    await bob.page.addInitScript(watchCameras);
    await bob.page.reload();
    for (const person of [alice, bob]) await person.introduce();
    await alice.startGroup("Silver wedding");
  });

  after(async () => {
    await stage?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  step("the code of a guests' door is told from an invite, and the way back closes the camera", async () => {
    await alice.link("Invite").click();
    await alice.page.getByLabel("As guests, in a browser").check();
    await alice.dialog("Invite").getByRole("button", { name: "Let guests in" }).click();
    await filmOf(alice.dialog("Invite").getByRole("img"), film);
    await tabTo(bob, "Join a group");
    await bob.page.keyboard.press("Enter");
    await focused(bob, "Invite link");
    await tabTo(bob, "Scan a code");
    await bob.page.keyboard.press("Enter");
    await bob.page.getByRole("status").getByText("This code is for guests").waitFor();
    assert.deepEqual(await barriers(bob.page), []);
    assert.deepEqual(await cameras(bob), ["video live"], "and nobody was asked for a microphone");
    await tabTo(bob, "Paste the link instead");
    await bob.page.keyboard.press("Enter");
    await focused(bob, "Invite link");
    assert.deepEqual(await cameras(bob), ["video ended"]);
  });

  step("an invite goes on as if it had been pasted", async () => {
    await alice.page.getByLabel("With the app").check();
    await filmOf(alice.dialog("Invite").getByRole("img"), film);
    await tabTo(bob, "Scan a code");
    await bob.page.keyboard.press("Enter");
    await bob.heading("Silver wedding").waitFor();
    assert.deepEqual(await cameras(bob), ["video ended", "video ended"]);
    await focused(bob, "Invite link");
    await bob.page.keyboard.press("Enter");
    await bob.page.getByRole("heading", { name: "Silver wedding", level: 1 }).waitFor();
  });

  step("the code that fills the window is the same", async () => {
    const link = await alice.dialog("Invite").getByLabel("Invite link").inputValue();
    await alice.button("Show the code full screen").click();
    await alice.page.locator("dialog:modal").nth(1).waitFor();
    assert.equal(decodeQr(await alice.page.screenshot()).toLowerCase(), link.toLowerCase());
    await alice.page.keyboard.press("Escape");
  });

  step("without leave to use the camera it says what to do", async () => {
    const carol = await stage.enter("Carol", { permissions: [] });
    await carol.introduce();
    await carol.link("Join a group").click();
    await carol.button("Scan a code").click();
    await carol.page.getByRole("alert").getByText("may not use the camera").waitFor();
    assert.deepEqual(await barriers(carol.page), []);
    await carol.button("Paste the link instead").click();
    await carol.page.getByLabel("Invite link").waitFor();
  });

  step("Escape while it looks closes the camera, too", async () => {
    await bob.page.evaluate(() => {
      location.hash = "#/join";
    });
    await bob.button("Scan a code").click();
    await bob.until(bob.page, async () => (await cameras(bob)).at(-1) === "video live", "the camera is open");
    await bob.page.keyboard.press("Escape");
    await bob.dialog("Join a group").waitFor({ state: "detached" });
    await bob.until(bob.page, async () => (await cameras(bob)).every((one) => one === "video ended"), "the camera is closed");
  });

  step("nothing complained", () => assert.deepEqual(stage.complaints(), []));
});

test("where there is no camera, scanning says so", async () => {
  const served = await serveWorld();
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--headless=new", "--no-sandbox", "--disable-gpu"] });
  const context = await browser.newContext({ locale: "en-GB", permissions: ["camera"] });
  const page = await context.newPage();
  await page.goto(`${served.origin}/?world=100#/join`);
  await page.getByRole("button", { name: "Scan a code" }).click();
  await page.getByRole("alert").getByText("No camera was found. Paste the link instead.").waitFor();
  await browser.close();
  served.stop();
});
