// The way of a photo: from a first start on one device to the screen of another, and what stays when the other is gone.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe } from "node:test";
import { film, paint } from "../lib/photos.mjs";
import { decodeQr } from "../lib/qr.mjs";
import { Stage } from "../lib/stage.mjs";
import { steps } from "../lib/steps.mjs";

const TITLE = "Sunset at the lake";
const HOUR_MS = 3_600_000;
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

describe("two people at one event", () => {
  const step = steps();
  let stage, alice, bob, photos, clip, link;
  /** What each moment is: its place in `photos`, by id. */
  const ids = [];

  before(async () => {
    stage = await Stage.open();
    const now = Date.now();
    const wish = (kind, hoursAgo, more) => ({ kind, seed: hoursAgo, width: 2400, height: 1600, takenAt: new Date(now - hoursAgo * HOUR_MS), ...more });
    photos = await paint(stage.browser, stage.folder, [
      wish("sea", 1),
      wish("lake", 2, { width: 1500, height: 2000, turned: true }),
      wish("mountains", 20),
      wish("balloons", 21),
    ]);
    clip = await film(photos[0].path, `${stage.folder}/VID_0001.mp4`, { takenAt: new Date(now - 3 * HOUR_MS) });
    [alice, bob] = await Promise.all([stage.enter("Alice"), stage.enter("Bob")]);
  });

  after(() => stage?.close());

  step("a first start asks for a name and nothing else", async () => {
    assert.equal(new URL(alice.page.url()).hash, "#/", "the token has left the address bar");
    await alice.introduce();
    await bob.introduce();
  });

  step("a group starts with one form", async () => {
    await alice.startGroup(TITLE);
    await alice.heading("Let the others in").waitFor();
  });

  step("the invite's QR code says what its link says", async () => {
    link = await alice.invite();
    const picture = alice.dialog("Invite").getByRole("img", { name: `QR code that invites to ${TITLE}` });
    // In capitals, which a code holds in fewer dots.
    assert.equal(decodeQr(await picture.screenshot()), link.toUpperCase());
    await alice.dialog("Invite").getByRole("button", { name: "Copy link" }).click();
    await alice.until(alice.page, (page) => page.evaluate(async (link) => (await navigator.clipboard.readText()) === link, link), "the link was copied");
    await alice.closeSheet();
  });

  step("another device joins by the pasted link", async (t) => {
    const began = performance.now();
    await bob.join(link, TITLE);
    t.diagnostic(`joined after ${Math.round(performance.now() - began)} ms`);
    await alice.page.getByText("1 here · 0 moments").waitFor();
    await bob.heading("Ready for the first moment").waitFor();
  });

  step("photos added by the picker arrive live on the other page", async (t) => {
    await alice.add(photos[0].path);
    const [first] = await bob.sees(1);
    await told(t, "one photo by the picker", first);
    await alice.add(photos[1].path, photos[2].path);
    const three = await bob.sees(3);
    for (const id of three.slice(1)) await told(t, "one of two photos by the picker", id);
    ids[0] = three[0];
    ids[1] = three[1];
    ids[2] = three[2];
    assert.equal(first, ids[0], "the newest stands first");
    assert.deepEqual(await alice.sees(3), three, "both pages show the same order");
  });

  step("a photo that is dropped on the window arrives, in the other direction", async (t) => {
    await bob.drop(photos[3]);
    const four = await alice.sees(4);
    ids[3] = four[3];
    const took = (await alice.shownAt(ids[3])) - (await bob.tookFilesAt());
    t.diagnostic(`arrival of one photo by drag and drop: ${took} ms`);
    assert.deepEqual(await bob.sees(4), four);
  });

  step("a clip arrives", async (t) => {
    await alice.add(clip.path);
    await bob.tiles.getByText("0:03").waitFor();
    const five = await bob.sees(5);
    ids[4] = five.find((id) => !ids.includes(id));
    await told(t, "one clip of 3 s", ids[4]);
    assert.deepEqual(await alice.sees(5), five);
    assert.deepEqual(five, [ids[0], ids[1], ids[4], ids[2], ids[3]], "by the time of capture, newest first");
  });

  step("once all is on both devices, nobody is told that something is on theirs only", async () => {
    for (const person of [alice, bob]) await person.page.getByText(/ on this device only$/).waitFor({ state: "detached", timeout: 5_000 });
  });

  step("full screen: the arrow keys lead through the timeline and back", async () => {
    await bob.tile(ids[0]).click();
    const order = [ids[0], ids[1], ids[4], ids[2], ids[3]];
    for (const id of order.slice(1)) await turn(bob, "ArrowRight", id);
    assert.ok(await bob.button("Older").isDisabled(), "nothing is older than the oldest");
    for (const id of order.slice(0, -1).reverse()) await turn(bob, "ArrowLeft", id);
    assert.ok(await bob.button("Newer").isDisabled(), "nothing is newer than the newest");
  });

  step("zooming shows the untouched original", async () => {
    for (const [at, key] of [[0, null], [1, "ArrowRight"]]) {
      if (key) await turn(bob, key, ids[at]);
      await bob.button("Save original").and(bob.page.locator(":enabled")).waitFor();
      for (let step = 0; step < 3; step++) await bob.page.keyboard.press("+");
      const original = bob.page.locator('dialog img[src$="/original"].shown');
      await original.waitFor();
      const seen = await original.evaluate(async (img) => {
        const digest = await crypto.subtle.digest("SHA-256", await (await fetch(img.src)).arrayBuffer());
        const sha256 = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
        return { width: img.naturalWidth, height: img.naturalHeight, sha256, scale: new DOMMatrix(getComputedStyle(img.parentElement).transform).a };
      });
      const { width, height, bytes } = photos[at];
      assert.deepEqual([seen.width, seen.height], [width, height], "the original's own pixels, upright");
      assert.equal(seen.sha256, sha256(bytes), "bit by bit what was added on the other device");
      assert.ok(seen.scale > 2, `it is enlarged: ${seen.scale}`);
      await bob.page.keyboard.press("0");
    }
  });

  step("the clip plays on the other device", async () => {
    await turn(bob, "ArrowRight", ids[4]);
    const video = bob.page.locator("dialog video");
    await video.waitFor();
    await bob.until(video, (video) => video.evaluate((video) => video.readyState >= HTMLMediaElement.HAVE_METADATA), "the clip's head is read");
    await video.evaluate((video) => {
      video.muted = true;
      return video.play();
    });
    await bob.until(video, (video) => video.evaluate((video) => video.currentTime > 0.5), "the clip plays");
    const { width, height, duration } = await video.evaluate(({ videoWidth: width, videoHeight: height, duration }) => ({ width, height, duration }));
    assert.deepEqual([width, height], [1280, 720]);
    assert.ok(Math.abs(duration - 3) < 0.2, `${duration} s`);
    await video.evaluate((video) => (video.currentTime = 2.2));
    await bob.until(video, (video) => video.evaluate((video) => !video.seeking && video.currentTime >= 2.2), "it can be wound forward");
    await bob.closeSheet();
  });

  step("a caption and a reaction appear on the other side", async () => {
    await alice.tile(ids[0]).click();
    await alice.page.keyboard.press("c");
    const words = "The last minute of light";
    await alice.page.getByLabel("Caption").fill(words);
    await alice.button("Save").click();
    await bob.tile(ids[0]).getByRole("img", { name: words }).waitFor();
    await bob.tile(ids[0]).click();
    await bob.dialog(words).getByText(words, { exact: true }).waitFor();
    await bob.button("React with ❤️, 0 so far").click();
    await alice.button("React with ❤️, 1 so far").waitFor();
    await bob.closeSheet();
    await alice.closeSheet();
    await alice.tile(ids[0]).getByText("1", { exact: true }).waitFor();
  });

  step("what is taken back disappears on both", async () => {
    await alice.tile(ids[1]).click();
    await alice.button("Info").click();
    await alice.button("Take back").click();
    await alice.dialog("Take this moment back?").getByRole("button", { name: "Take back" }).click();
    await alice.tile(ids[1]).waitFor({ state: "detached" });
    await alice.closeSheet();
    await bob.tile(ids[1]).waitFor({ state: "detached" });
    assert.deepEqual(await bob.sees(4), await alice.sees(4));
  });

  step("with the other device gone, a reload still shows everything and says that nobody is near", async () => {
    const original = sha256(photos[3].bytes);
    await bob.page.goto("about:blank");
    const { code, log } = await bob.node.stop();
    assert.equal(code, 0, `the node ended in order\n${log}`);
    await alice.page.getByText("Nobody near · 4 moments").waitFor();
    await alice.page.reload();
    await alice.page.getByText("Nobody near · 4 moments").waitFor();
    await alice.page.getByText("Nobody near. What you add goes out when someone is.").waitFor();
    assert.deepEqual(await alice.sees(4), [ids[0], ids[4], ids[2], ids[3]]);
    await alice.tile(ids[3]).click();
    for (let step = 0; step < 3; step++) await alice.page.keyboard.press("+");
    const shown = alice.page.locator('dialog img[src$="/original"].shown');
    const digest = await shown.evaluate(async (img) => [...new Uint8Array(await crypto.subtle.digest("SHA-256", await (await fetch(img.src)).arrayBuffer()))]);
    assert.equal(Buffer.from(digest).toString("hex"), original, "the other's original is here to stay");
    await alice.closeSheet();
    await alice.link("Back to my groups").click();
    await alice.page.getByText("Nobody near", { exact: true }).waitFor();
  });

  step("nothing complained", () => assert.deepEqual(stage.complaints(), []));

  /** How long a moment took from Alice's choice of files to its picture on Bob's page. */
  async function told(t, what, id) {
    const took = (await bob.shownAt(id)) - (await alice.tookFilesAt());
    t.diagnostic(`arrival of ${what}: ${took} ms`);
  }

  /** Turns to another moment by a key, once it can be. */
  async function turn(person, key, id) {
    await person.button(key === "ArrowRight" ? "Older" : "Newer").and(person.page.locator(":enabled")).waitFor();
    await person.page.keyboard.press(key);
    await person.page.waitForURL(`**/moment/${id}`);
    await person.page.locator(`dialog :is(img.shown, video)[src*="${id}"]`).first().waitFor();
  }
});
