// A camera at a box, with curl for the camera: from the beginning of its upload to the picture, and to the original, on three
// members. All are processes of this machine; each photo waits until the one before it is everywhere.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { binary } from "../lib/cargo.mjs";
import { end, run, start } from "../lib/process.mjs";

const MEMBERS = 3;
const PHOTOS = Number(process.env.AFTERGLOW_PHOTOS ?? 10);
const GOAL_S = 3;
const PATIENCE_MS = 60_000;

const program = process.env.AFTERGLOW_BINARY ?? binary("afterglow", { release: true });
const photo = readFileSync(new URL("../../src-tauri/crates/glow-node/tests/photo.jpg", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "afterglow-camera-"));
const nodes = [];
try {
  const doors = ["--ftp", "0", "--webdav", "0", "--camera-bind", "127.0.0.1"];
  const box = await node("box", ["box", "--group", "Camera", "--page-port", "0", ...doors]);
  const members = [];
  for (let number = 0; number < MEMBERS; number += 1) members.push(await member(`member-${number}`, box.ready.link));
  let count = 0;
  for (const door of ["ftp", "webdav"]) {
    const taken = [];
    for (let number = 0; number < PHOTOS; number += 1) taken.push(await upload(box.ready.box.camera, door, members, (count += 1)));
    for (const [what, more] of [["picture", { goal: GOAL_S }], ["original", {}]]) {
      const value = taken.map((took) => took[what]).sort((a, b) => a - b)[taken.length >> 1] / 1000;
      console.log(JSON.stringify({ bench: `by ${door}, to the ${what} on ${MEMBERS} members`, value, unit: "s", ...more }));
    }
  }
} finally {
  for (const { child, ended } of nodes) {
    end(child);
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
}

function afterglow(name, args) {
  return [program, "--no-mdns", "--loopback", "--data-dir", join(folder, name), "--json", ...args];
}

async function ask(name, args) {
  const { code, output } = await run(afterglow(name, args), { quiet: true, minutes: 1 });
  if (code !== 0) throw new Error(`${name} ${args[0]}: ${output.slice(-2000)}`);
  return JSON.parse(output);
}

/** A node that goes on, and what it tells. */
async function node(name, args) {
  const child = start(afterglow(name, args), { stdio: ["ignore", "pipe", "ignore"] });
  const ended = new Promise((resolve) => child.once("close", resolve));
  nodes.push({ child, ended });
  const lines = createInterface({ input: child.stdout });
  const ready = await new Promise((resolve, reject) => {
    lines.once("line", (line) => resolve(JSON.parse(line)));
    ended.then(() => reject(new Error(`${name} ended before it was ready`)));
  });
  return { ready, lines };
}

/** Somebody with the app: answers when so many of its moments have their pictures, or their originals. */
async function member(name, link) {
  const { lines } = await node(name, ["run"]);
  await ask(name, ["join", link]);
  let has = { picture: 0, original: 0 };
  let waiting = [];
  let isNews = false;
  let asking = Promise.resolve();
  const look = async () => {
    if (!isNews) return;
    isNews = false;
    const { moments } = await ask(name, ["timeline"]);
    const complete = (part) => moments.filter((moment) => moment[part].state === "complete").length;
    has = { picture: complete("grid"), original: complete("original") };
    waiting = waiting.filter((wait) => !wait());
  };
  lines.on("line", (line) => {
    isNews ||= line.includes("timeline_changed");
    // One question for all that was said meanwhile.
    asking = asking.then(look);
  });
  return (what, count) =>
    new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${name} has ${has[what]} of ${count}`)), PATIENCE_MS);
      const wait = () => {
        if (has[what] < count) return false;
        clearTimeout(late);
        resolve(performance.now());
        return true;
      };
      if (!wait()) waiting.push(wait);
    });
}

/** Sends a photo of 3 MB like no other: comments behind its first segment make it so. */
async function upload(camera, door, members, count) {
  const comment = Buffer.alloc(65_537, String.fromCharCode(97 + count));
  comment.writeUInt32BE(0xfffeffff);
  const file = join(folder, "camera.jpg");
  writeFileSync(file, Buffer.concat([photo.subarray(0, 20), ...Array(48).fill(comment), photo.subarray(20)]));
  const began = performance.now();
  const there = (what) => Promise.all(members.map((has) => has(what, count))).then((times) => Math.max(...times) - began);
  const [picture, original, { code, output }] = await Promise.all([
    there("picture"),
    there("original"),
    run(["curl", "-sS", "--fail", "--user", `${camera.user}:${camera.password}`, "-T", file, camera[door]], { quiet: true }),
  ]);
  if (code !== 0) throw new Error(`curl by ${door}: ${output}`);
  return { picture, original };
}
