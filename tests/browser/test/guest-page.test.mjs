// The page of a guest on its own, at a door in memory that can be told to fail: what a phone's network does to it, what it
// draws, keeps and saves, and whether everybody can use it. With real nodes: ../guests.test.mjs.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { devices } from "playwright-core";
import { Album, Door, momentView } from "../../../ui/tests/guest/door.mjs";
import { barriers, overflow, settle } from "../lib/looks.mjs";
import { film, paint } from "../lib/photos.mjs";
import { Person } from "../lib/person.mjs";
import { Stage } from "../lib/stage.mjs";

const DIST = process.env.AFTERGLOW_UI ?? fileURLToPath(new URL("../../../ui/dist", import.meta.url));
const SHOTS = process.env.AFTERGLOW_SHOTS;
const OTHER = "ffeeddccbbaa99887766554433221100";
const SMALL_PHONE = { width: 360, height: 640 };
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

describe("the page of a guest", () => {
  let stage, photos, clip, album, door, people;

  before(async () => {
    stage = await Stage.open();
    const wish = (kind, seed, more) => ({ kind, seed, width: 2400, height: 1600, takenAt: new Date(), name: `IMG_${seed}.jpg`, ...more });
    photos = await paint(stage.browser, stage.folder, [
      wish("sea", 1),
      wish("lake", 2, { width: 1500, height: 2000, turned: true }),
      wish("mountains", 3),
      wish("balloons", 4),
    ]);
    clip = await film(photos[0].path, join(stage.folder, "VID_0001.mp4"));
  });

  after(() => stage?.close());

  beforeEach(async (t) => {
    album = new Album();
    door = new Door(album, { dist: DIST });
    await door.open();
    people = [];
    t.after(async () => {
      for (const person of people) await person.context.close();
      for (const one of [...album.doors]) one.kill();
    });
  });

  /** A guest with a phone, who has said a name. */
  async function guest(name, options = {}) {
    const { theme = "dark", script, at = door.link, ...more } = options;
    const context = await stage.browser.newContext({ ...devices["Pixel 7"], viewport: SMALL_PHONE, locale: "en-GB", timezoneId: "Europe/Berlin", colorScheme: theme, ...more });
    await context.addInitScript(plainly);
    if (script) await context.addInitScript(script);
    const person = await Person.at(name, null, context);
    people.push(person);
    await person.page.goto(at);
    await person.page.getByLabel("Your name").fill(name);
    await person.button("See the photos").click();
    await person.page.getByRole("heading", { name: album.title, level: 1 }).waitFor();
    return person;
  }

  /** Puts a moment with pictures into the album. */
  function put(id, photo, more = {}) {
    const full = id.repeat(32);
    const view = momentView(album.group, full, { width: photo.width, height: photo.height, size_bytes: photo.bytes.length, file_name: photo.path.split("/").at(-1), ...more });
    for (const part of ["grid", "screen", "original"]) album.part(full, part, photo.bytes, "image/jpeg");
    album.put(view);
    return full;
  }

  const choose = (person, ...paths) => person.page.getByLabel("From the gallery").setInputFiles(paths);
  const done = (person, count) => person.until(person.page, async () => album.done.size === count, `${count} posts are done`);
  const puts = (from) => from.seen.filter(({ method }) => method === "PUT").map(({ url }) => url.split("/bytes/")[1]);

  it("has the three inputs that open a phone's camera and gallery", async () => {
    const frida = await guest("Frida");
    const inputs = await frida.page.locator("input[type=file]").evaluateAll((all) => all.map((one) => ({ accept: one.accept, capture: one.getAttribute("capture"), multiple: one.multiple })));
    assert.deepEqual(inputs, [
      { accept: "image/*", capture: "environment", multiple: false },
      { accept: "video/*", capture: "environment", multiple: false },
      { accept: "image/*,video/*", capture: null, multiple: true },
    ]);
  });

  it("draws upright previews within their limits, and sends the file as it is", async () => {
    const frida = await guest("Frida");
    await choose(frida, photos[1].path, clip.path);
    await done(frida, 2);
    const [photo, film] = [...album.done.values()].sort((a, b) => a.size - b.size);
    assert.deepEqual([photo.sha256, film.sha256].sort(), [sha256(photos[1].bytes), sha256(clip.bytes)].sort());
    for (const upload of album.done.values()) {
      const { screen } = upload.previews;
      assert.ok(screen.length <= 1024 * 1024, "within the engine's limits");
      const turned = upload.sha256 === sha256(photos[1].bytes);
      assert.deepEqual(sizeOf(screen), turned ? [1200, 1600] : [1280, 720], "as the camera was held");
    }
    await frida.page.getByText("Everything is shared").click();
    const thumbs = frida.dialog("What you share").locator("li img");
    const sizes = await thumbs.evaluateAll((all) => Promise.all(all.map((img) => img.decode().then(() => [img.naturalWidth, img.naturalHeight]))));
    assert.deepEqual(sizes, [[320, 180], [240, 320]]);
  });

  it("goes on with an upload after a reload, and sends nothing twice that was there", async () => {
    let release;
    const held = new Promise((resolve) => (release = resolve));
    let chunks = 0;
    const reached = new Promise((resolve) => {
      door.onChunk = (_, place) => {
        if (!/^\d+$/.test(place)) return undefined;
        chunks += 1;
        if (chunks <= 3) return undefined;
        resolve();
        return held;
      };
    });
    const frida = await guest("Frida");
    await choose(frida, photos[0].path, photos[2].path, photos[3].path, clip.path);
    await reached;
    // A page that was not yet able to keep everything asks before it is left.
    await frida.page.getByText(/^Sending \d/).click();
    await frida.until(frida.page, async (page) => (await page.getByText("Being prepared").count()) === 0, "all is kept");
    const before = puts(door);
    await frida.page.reload();
    release();
    await done(frida, 4);
    const all = puts(door);
    assert.ok(all.length > before.length, "something was left to be sent");
    const twice = all.filter((place, at) => all.indexOf(place) !== at);
    assert.ok(twice.length <= 3, `only what was on its way at the reload came again: ${twice}`);
    await frida.page.getByText("Everything is shared").waitFor();
    assert.equal(await frida.page.getByLabel("Your name").count(), 0, "the name is remembered");
  });

  it("waits out a gap in the network, and tells so", async () => {
    const port = Number(new URL(door.origin).port);
    const frida = await guest("Frida");
    door.onChunk = (_, place) => place === "1" && door.kill();
    await choose(frida, clip.path, photos[0].path);
    await frida.page.getByText(/Alice’s device is not reachable\. You see what you had; \d moments? waits? here/).waitFor();
    await frida.page.getByText("Waits for a connection").waitFor();
    const again = new Door(album, { dist: DIST });
    again.uploads = door.uploads;
    await again.open(port);
    await done(frida, 2);
    await frida.page.getByText("Everything is shared").waitFor();
    assert.equal(await frida.page.getByText("not reachable").count(), 0, "the note is gone");
  });

  it("moves on to another door in the middle of an upload, without losing or doubling anything", async () => {
    const bob = new Door(album, { name: "Bob", secret: OTHER, dist: DIST });
    await bob.open();
    const frida = await guest("Frida");
    let chunks = 0;
    door.onChunk = (_, place) => {
      if (/^\d+$/.test(place) && ++chunks === 4) door.kill();
    };
    await choose(frida, ...photos.map(({ path }) => path), clip.path);
    await done(frida, 5);
    assert.deepEqual(new Set([...album.done.values()].map((one) => one.sha256)), new Set([...photos, clip].map(({ bytes }) => sha256(bytes))));
    assert.equal(album.moments.length, 5);
    await frida.page.getByText("· through Bob").waitFor();
    await frida.sees(5);
  });

  it("works the same by events and POST where no WebSocket comes through", async () => {
    door.takesSockets = false;
    const frida = await guest("Frida");
    put("0a", photos[0]);
    await frida.sees(1);
    await choose(frida, photos[2].path);
    await done(frida, 1);
    await frida.sees(2);
    assert.ok(door.seen.some(({ url }) => url.endsWith("/send")), "frames went by POST");
    frida.complaints = frida.complaints.filter((text) => !text.includes("WebSocket connection"));
  });

  it("shows what was seen when every door is gone, after a look back through the viewer", async () => {
    for (const [at, photo] of photos.entries()) put(`0${at + 1}`, photo);
    const frida = await guest("Frida");
    const ids = await frida.sees(4);
    await frida.tile(ids[0]).click();
    await frida.page.locator("dialog img.shown").first().waitFor();
    door.kill();
    await frida.page.keyboard.press("Escape");
    await frida.page.getByText("Alice’s device is not reachable. You see what you had.").waitFor();
    await frida.tile(ids[0]).click();
    await frida.page.locator("dialog img.shown").first().waitFor();
    assert.match(await frida.page.evaluate(() => location.hash), /moment/);
  });

  it("saves an original and a ZIP of several, bit for bit", async () => {
    const ids = photos.slice(0, 3).map((photo, at) => put(`0${at + 1}`, photo));
    const frida = await guest("Frida");
    await frida.sees(3);
    await frida.tile(ids[0]).click();
    const one = frida.page.waitForEvent("download");
    await frida.button("Save original").click();
    assert.equal(sha256(readFileSync(await (await one).path())), sha256(photos[0].bytes));
    await frida.page.keyboard.press("Escape");
    for (const id of ids) {
      await frida.tile(id).focus();
      await frida.page.keyboard.press("x");
    }
    await frida.button("Save original").click();
    const all = frida.page.waitForEvent("download");
    await frida.button("Save ZIP").click();
    const zip = await all;
    assert.equal(zip.suggestedFilename(), "Lena & Jonas.zip");
    const bytes = readFileSync(await zip.path());
    for (const { bytes: original } of photos.slice(0, 3)) assert.ok(bytes.includes(original), "stored as it is");
  });

  it("plays a clip when it is asked to", async () => {
    const id = put("0c", photos[0], { kind: "clip", media_type: "video/mp4", duration_ms: 3000, size_bytes: clip.bytes.length });
    album.part(id, "original", clip.bytes, "video/mp4");
    const frida = await guest("Frida");
    await frida.tile(id).click();
    await frida.button(/^Play/).click();
    await frida.page.waitForFunction(() => document.querySelector("dialog video")?.currentTime > 0.2);
  });

  it("says why a link leads nowhere", async () => {
    for (const [hash, said] of [["", "The address of this page is not complete. Scan the QR code again."], [`#${OTHER}`, "This door is closed"]]) {
      const context = await stage.browser.newContext({ ...devices["iPhone 15"], locale: "en-GB" });
      const page = await context.newPage();
      await page.goto(`${door.origin}/g${hash}`);
      await page.getByText(said).first().waitFor();
      await context.close();
    }
  });

  it("takes names for text, not for markup", async () => {
    put("0a", photos[0], { author_name: "<img src=x onerror=alert(1)>", caption: "</p><script>alert(2)</script>" });
    const frida = await guest("<b>Frida</b>");
    const [id] = await frida.sees(1);
    await frida.tile(id).click();
    await frida.page.getByText("<img src=x onerror=alert(1)>").waitFor();
    await frida.page.getByText("</p><script>alert(2)</script>").first().waitFor();
    assert.deepEqual(frida.complaints, []);
  });

  it("says when the door was closed, and lets a guest change the name", async () => {
    const frida = await guest("Frida");
    await frida.button("About this page").click();
    await frida.button("Change name").click();
    assert.equal(await frida.page.getByLabel("Your name").inputValue(), "Frida");
    await frida.page.getByLabel("Your name").fill("Frida K.");
    await frida.button("See the photos").click();
    await choose(frida, photos[0].path);
    await done(frida, 1);
    assert.equal([...album.done.values()][0].name, "Frida K.");
    door.close();
    await frida.page.getByText("Alice has closed the door. You see what you had.").waitFor();
    frida.complaints = [];
  });

  it("leaves out what the rights of the door leave out", async () => {
    door.rights = { contribute: false, review: false };
    const frida = await guest("Frida");
    await frida.page.getByText("This door is for looking only: nothing can be added here.").waitFor();
    assert.equal(await frida.page.locator("input[type=file]").count(), 0);
  });

  for (const theme of ["dark", "light"]) {
    it(`can be read and used by everybody on every screen (${theme})`, async () => {
      const context = await stage.browser.newContext({ ...devices["iPhone 15"], viewport: SMALL_PHONE, locale: "de-DE", colorScheme: theme });
      people.push({ context });
      const page = await context.newPage();
      const ids = photos.map((photo, at) => put(`0${at + 1}`, photo, { caption: at === 3 ? "Der erste Tanz" : "" }));
      const look = async (screen) => {
        await settle(page);
        if (SHOTS) {
          mkdirSync(SHOTS, { recursive: true });
          await page.screenshot({ path: join(SHOTS, `guest-${screen}-${theme}.png`) });
        }
        assert.deepEqual([screen, ...(await barriers(page)), ...(await overflow(page))], [screen]);
      };
      await page.goto(door.link);
      await page.getByLabel("Dein Name").waitFor();
      await look("name");
      await page.getByLabel("Dein Name").fill("Frida");
      await page.keyboard.press("Enter");
      await page.locator("[data-moment] img.shown").nth(3).waitFor();
      await look("timeline");
      await page.getByLabel("Aus der Galerie").setInputFiles([photos[1].path, photos[2].path]);
      await page.getByText("Alles ist geteilt").waitFor();
      await page.getByText("Alles ist geteilt").click();
      await look("sending");
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Über diese Seite" }).click();
      await look("about");
      await page.keyboard.press("Escape");
      await page.locator(`[data-moment="${ids[3]}"]`).click();
      await page.locator("dialog img.shown").first().waitFor();
      await look("moment");
      await page.keyboard.press("Escape");
      await page.locator("dialog[open]").waitFor({ state: "detached" });
      await page.locator(`[data-moment="${ids[3]}"]`).focus();
      await page.keyboard.press("x");
      await page.locator(`[data-moment="${ids[2]}"]`).focus();
      await page.keyboard.press("x");
      await look("selected");
      await page.getByRole("button", { name: "Original speichern" }).click();
      await look("zip");
      await page.keyboard.press("Escape");
      door.kill();
      await page.getByText("nicht erreichbar").first().waitFor();
      await look("offline");
    });
  }

  it("is built", () => assert.ok(existsSync(join(DIST, "guest.html"))));
});

/** Takes away what browsers give to safe places only, loopback among them, and never to plain http on a network. */
function plainly() {
  for (const name of ["subtle", "randomUUID"]) delete Crypto.prototype[name];
  for (const name of ["serviceWorker", "mediaDevices", "clipboard", "storage", "locks", "wakeLock"]) delete Navigator.prototype[name];
}

/** Width and height in a JPEG's frame header. */
function sizeOf(jpeg) {
  for (let at = 2; at < jpeg.length; at += 2 + jpeg.readUInt16BE(at + 2)) {
    const marker = jpeg[at + 1];
    if (marker >= 0xc0 && marker <= 0xc2) return [jpeg.readUInt16BE(at + 7), jpeg.readUInt16BE(at + 5)];
  }
  throw new Error("no frame header");
}
