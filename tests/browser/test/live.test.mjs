// A clip that is watched while it is recorded: real recordings, from ffmpeg's clock and from a page's camera, through two nodes into
// a real player.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, describe } from "node:test";
import { Stage } from "../lib/stage.mjs";
import { steps } from "../lib/steps.mjs";

const TITLE = "First dance";
const SECONDS = 14;
/** What a page records plays on another's in three or four seconds; the wait ends where even a busy machine is done. */
const FIRST_PICTURE_MS = 30_000;
const PICTURE = ["-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25", "-f", "lavfi", "-i", "sine=frequency=440", "-t", String(SECONDS)];
const CONTAINERS = {
  mp4: {
    codecs: ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-g", "12", "-c:a", "aac"],
    live: ["-movflags", "frag_keyframe+empty_moov+default_base_moof", "-f", "mp4"],
  },
  webm: {
    codecs: ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "800k", "-g", "12", "-c:a", "libopus"],
    live: ["-cluster_time_limit", "500", "-f", "webm"],
  },
};

describe("a clip that is watched while it is recorded", () => {
  const step = steps();
  let stage, alice, bob, folder;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "afterglow-live-"));
    stage = await Stage.open();
    [alice, bob] = await Promise.all([stage.enter("Alice", { permissions: ["camera", "microphone"] }), stage.enter("Bob")]);
    await alice.introduce();
    await bob.introduce();
    await alice.startGroup(TITLE);
    const link = await alice.invite();
    await alice.closeSheet();
    await bob.join(link, TITLE);
  });

  after(async () => {
    await stage?.close();
    await rm(folder, { recursive: true, force: true });
  });

  for (const [container, options] of Object.entries(CONTAINERS)) {
    step(`Bob watches ${container} from Alice's camera, near its newest picture, and to its end`, async () => {
      const recorded = await prepare(join(folder, `dance.${container}`), options.codecs);
      const camera = record(alice.node, recorded, options.live);
      const tile = bob.page.locator("[data-moment]", { hasText: "Live" });
      await tile.waitFor();
      const id = await tile.getAttribute("data-moment");
      await tile.click();
      const video = bob.page.locator("video");
      await bob.until(video, async (video) => (await video.evaluate(({ currentTime, videoWidth }) => (videoWidth === 640 ? currentTime : 0))) > 0.2, "Bob sees pictures");
      const start = await watch(video, 3_000);
      assert.ok(start.moved > 2 && start.moved < 4.5, `it plays as it comes: ${start.moved} s in 3 s`);
      assert.ok(start.behind < 2.5, `the newest picture here is ${start.behind} s ahead`);
      await bob.page.getByText(/behind$/).waitFor();
      const { code, output } = await camera;
      assert.equal(code, 0, output);
      const times = await watch(video, 1_500);
      assert.ok(times.jumps === 0, "it plays on where it was when it is closed");
      await bob.until(bob.page, async () => (await moment(bob, id)).live === undefined, "the clip is closed");
      await bob.until(video, async (video) => video.evaluate((video) => video.duration > 10 && Number.isFinite(video.duration)), "it is an ordinary clip");
      await video.evaluate((video) => (video.currentTime = 5));
      await bob.until(video, async (video) => video.evaluate((video) => !video.seeking && video.currentTime >= 5 && video.readyState >= 2), "it can be sought in");
      await bob.closeSheet();
    });
  }

  step("Bob watches what Alice's page records before she ends it, and then both have the one clip", async (t) => {
    const before = await ids(alice);
    assert.deepEqual(await ids(bob), before, "both begin with the same");
    await alice.link("Camera").click();
    await alice.until(alice.dialog("Camera").locator("video"), (video) => video.evaluate(({ videoWidth }) => videoWidth > 0), "the camera shows something");
    await alice.page.getByText("Clip", { exact: true }).click();
    const began = performance.now();
    await alice.button("Record a clip").click();
    const tile = bob.page.locator("[data-moment]", { hasText: "Live" });
    await tile.waitFor({ timeout: FIRST_PICTURE_MS });
    t.diagnostic(`from the start of the recording to the other's timeline: ${Math.round(performance.now() - began)} ms`);
    const id = await tile.getAttribute("data-moment");
    assert.ok(!before.includes(id), "it is a moment of its own");
    await tile.click();
    const video = bob.page.locator("dialog video");
    const shows = (video) => video.evaluate(({ currentTime, readyState, videoWidth }) => videoWidth > 0 && readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && currentTime > 0);
    await bob.until(video, shows, "Bob sees the first picture", FIRST_PICTURE_MS - (performance.now() - began));
    t.diagnostic(`from the start of the recording to the first picture that moves: ${Math.round(performance.now() - began)} ms`);
    const first = await video.evaluate(({ currentTime }) => currentTime);
    await bob.until(video, (video) => video.evaluate(({ currentTime }, first) => currentTime > first + 2, first), "it goes on as it is recorded");
    assert.equal((await moment(bob, id)).live, "recording", "the other has it as something that is being recorded");
    const watched = await video.evaluate(({ currentTime }) => currentTime);
    await alice.button("Stop recording").click();
    await alice.page.locator("li.here").waitFor();
    await alice.closeSheet();
    await bob.closeSheet();
    const isComplete = ({ live, original }) => live === undefined && original.state === "complete";
    for (const person of [alice, bob]) {
      await person.until(person.page, async () => isComplete(await moment(person, id)), `${person.name} has all of the clip`);
      await person.tile(id).getByText("Live", { exact: true }).waitFor({ state: "detached" });
      assert.deepEqual((await ids(person)).sort(), [...before, id].sort(), `${person.name} has it once`);
    }
    assert.equal(await replay(bob, id, watched), await replay(alice, id, watched), "it is the same to the last byte");
  });

  step("nothing complained", () => assert.deepEqual(stage.complaints(), []));
});

/** The moments on somebody's timeline. */
function ids({ tiles }) {
  return tiles.evaluateAll((tiles) => tiles.map((tile) => tile.dataset.moment));
}

/** What somebody's node says of a moment of the group they are in. */
function moment(person, id) {
  const [, group] = /group\/(\w+)/.exec(person.page.url());
  return person.call("moment.get", { group, moment: id });
}

/** Opens a clip that has ended, which is at least so long; what its bytes come to. */
async function replay(person, id, seconds) {
  await person.tile(id).click();
  const video = person.page.locator("dialog video");
  const lasts = ({ duration, readyState }, seconds) => readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && Number.isFinite(duration) && duration >= seconds;
  await person.until(video, (video) => video.evaluate(lasts, seconds), `${person.name} has an ordinary clip of ${seconds} s or more`);
  const sha256 = await video.evaluate(async ({ currentSrc }) => {
    const digest = await crypto.subtle.digest("SHA-256", await (await fetch(currentSrc)).arrayBuffer());
    return [...new Uint8Array(digest)].join(" ");
  });
  await person.closeSheet();
  return sha256;
}

/** Encodes what the camera will see, so that no encoder has to keep up with the clock. */
async function prepare(path, codecs) {
  const ffmpeg = spawn("ffmpeg", ["-v", "error", "-nostdin", ...PICTURE, ...codecs, path], { stdio: ["ignore", "inherit", "inherit"] });
  const [code] = await once(ffmpeg, "close");
  assert.equal(code, 0, "ffmpeg encodes");
  return path;
}

/** Lets ffmpeg feed `post --live -` as fast as it would be recorded. */
async function record(node, path, options) {
  const ffmpeg = spawn("ffmpeg", ["-v", "error", "-nostdin", "-re", "-i", path, "-c", "copy", ...options, "-"], { stdio: ["ignore", "pipe", "inherit"] });
  const post = spawn(node.command[0], [...node.command.slice(1), "post", "--live", "-", "--name", basename(path)], { stdio: [ffmpeg.stdout, "pipe", "pipe"] });
  ffmpeg.stdout.destroy();
  let output = "";
  for (const stream of [post.stdout, post.stderr]) stream.on("data", (chunk) => (output += chunk));
  const [code] = await once(post, "close");
  return { code, output };
}

/** How far a player gets in a while, how far behind its newest picture it is, and how often it jumps back. */
async function watch(video, ms) {
  return video.evaluate(async (video, ms) => {
    const began = video.currentTime;
    let [last, jumps, behind] = [began, 0, 0];
    for (const end = performance.now() + ms; performance.now() < end; ) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      if (video.currentTime < last - 0.05) jumps += 1;
      last = video.currentTime;
      if (video.buffered.length > 0) behind = Math.max(behind, video.buffered.end(video.buffered.length - 1) - last);
    }
    return { moved: last - began, jumps, behind };
  }, ms);
}
