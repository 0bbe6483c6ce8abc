// Time from starting the node on data it has opened before until it says where its page is. Median of five.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { binary } from "../lib/cargo.mjs";
import { end, start } from "../lib/process.mjs";

const RUNS = 5;
const GOAL_MS = 1000;

const data = mkdtempSync(join(tmpdir(), "afterglow-start-"));
try {
  await once();
  const times = [];
  for (let turn = 0; turn < RUNS; turn++) times.push(await once());
  const median = times.sort((a, b) => a - b)[Math.floor(RUNS / 2)];
  console.log(JSON.stringify({ bench: "empty timeline", value: Number(median.toFixed(1)), unit: "ms", goal: GOAL_MS }));
} finally {
  rmSync(data, { recursive: true, force: true });
}

/** One start and one end; resolves with the milliseconds until ready. */
async function once() {
  const command = [binary("afterglow", { release: true }), "--data-dir", data, "--json", "serve", "--port", "0"];
  const began = performance.now();
  const node = start(command, { stdio: ["ignore", "pipe", "ignore"] });
  const ended = new Promise((resolve) => node.once("close", resolve));
  const ready = await new Promise((resolve) => {
    createInterface({ input: node.stdout }).on("line", (line) => line.includes('"url"') && resolve(performance.now() - began));
    ended.then(() => resolve(undefined));
  });
  end(node);
  await ended;
  if (ready === undefined) throw new Error("the node ended before it was ready");
  return ready;
}
