// Fifty guests at one box, all of them posting and watching at once: from the file to the preview on every other page. The box is
// a process of its own; the guests are one, which does for each what a page does (`afterglow box rehearse --door`).
//
// The reference is the same door with one guest posting and one watching: what fifty cost beside it.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { binary } from "../lib/cargo.mjs";
import { end, run, start } from "../lib/process.mjs";

const GUESTS = Number(process.env.AFTERGLOW_GUESTS ?? 50);
const PHOTOS = Number(process.env.AFTERGLOW_PHOTOS ?? 2);
const GOAL_MS = 500;

const program = process.env.AFTERGLOW_BINARY ?? binary("afterglow", { release: true });
const quiet = await withBox((door) => rehearse(door, 2, 10));
const crowd = await withBox((door) => rehearse(door, GUESTS, PHOTOS));
const figure = (bench, value, unit, more) => console.log(JSON.stringify({ bench, value, unit, ...more }));
const beside = (value) => ({ reference: { name: "one posts, one watches", value } });
figure("a guest's photo on another guest's page, two guests, half of them", quiet.p50_ms, "ms");
figure("a guest's photo on another guest's page, two guests, 99 of 100", quiet.p99_ms, "ms", { goal: GOAL_MS });
figure(`${GUESTS} guests posting at once, half of the arrivals`, crowd.p50_ms, "ms", beside(quiet.p50_ms));
figure(`${GUESTS} guests posting at once, 99 of 100`, crowd.p99_ms, "ms", beside(quiet.p99_ms));
figure(`${crowd.pictures} originals of ${GUESTS} guests taken`, crowd.posted_ms / 1000, "s");
figure(`memory of the box with ${GUESTS} guests`, Math.round(crowd.box_memory_bytes / 1e6), "MB");
if (crowd.arrived < crowd.expected) throw new Error(`${crowd.expected - crowd.arrived} of ${crowd.expected} did not arrive`);

/** Lets guests in at a box of its own, and adds the most memory that the box took. */
async function withBox(use) {
  const data = mkdtempSync(join(tmpdir(), "afterglow-guests-"));
  const command = [program, "--data-dir", data, "--loopback", "--no-mdns", "--json", "box", "--page-port", "0", "--guests", "--guests-port", "0"];
  const node = start(command, { stdio: ["ignore", "pipe", "ignore"] });
  const ended = new Promise((resolve) => node.once("close", resolve));
  try {
    const ready = await new Promise((resolve, reject) => {
      createInterface({ input: node.stdout }).on("line", (line) => line.includes('"ready"') && resolve(JSON.parse(line)));
      ended.then(() => reject(new Error("the box ended before it was ready")));
    });
    const door = ready.guests.replace(/\/\/[^/]+:/, "//127.0.0.1:");
    const figures = await use(door);
    const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${node.pid}/status`, "utf8"))?.[1];
    return { ...figures, box_memory_bytes: Number(peak) * 1024 };
  } finally {
    end(node);
    await ended;
    rmSync(data, { recursive: true, force: true });
  }
}

async function rehearse(door, guests, photos) {
  const data = mkdtempSync(join(tmpdir(), "afterglow-rehearsal-"));
  const command = ["--data-dir", data, "--json", "box", "rehearse", "--members", "0", "--guests", `${guests}`, "--photos", `${photos}`, "--door", door];
  try {
    const { code, output } = await run([program, ...command], { minutes: 15 });
    const line = output.split("\n").find((line) => line.startsWith('{"members"'));
    if (code !== 0 || line === undefined) throw new Error(`the rehearsal failed: ${output.slice(-2000)}`);
    return JSON.parse(line);
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}
