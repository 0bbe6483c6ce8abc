// Flings through the seeded world of 100,000 moments and says how even the frames were. Keeps the trace.
//
//   node tests/browser/bench/fling.mjs [--json] [--world 100000]
//
// The page is built once (`npm run build -w ui`), served from this process and shown by a real Chromium with its own
// compositor. A frame's length is the distance between two animation frames while the wall is being flung.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";
import { serveWorld } from "../lib/seeded.mjs";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const kept = join(root, "target/bench/fling-trace.json.gz");
const json = process.argv.includes("--json");
const world = process.argv.includes("--world") ? process.argv[process.argv.indexOf("--world") + 1] : "100000";
const FRAME_MS = 1_000 / 60;
const FLINGS = 12;
const served = await serveWorld();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless=new", "--no-sandbox", "--no-first-run", "--disable-background-networking"],
});
try {
  await measure();
} finally {
  await browser.close();
  served.stop();
}

async function measure() {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, hasTouch: true });
  const started = Date.now();
  await page.addInitScript(watch);
  await page.goto(served.address(world));
  await page.locator("[data-moment] img.shown").first().waitFor();
  const open = Date.now() - started;
  await page.evaluate(() => globalThis.world.draw());
  await page.waitForTimeout(1_500);

  const cdp = await page.context().newCDPSession(page);
  await browser.startTracing(page, { categories: ["devtools.timeline", "blink.user_timing", "cc", "v8.execute"] });
  await page.evaluate(() => globalThis.fling.start());
  for (let fling = 0; fling < FLINGS; fling += 1) {
    const gesture = { x: 640, y: 500, yDistance: fling < FLINGS / 2 ? -12_000 : -40_000, speed: fling < FLINGS / 2 ? 8_000 : 24_000 };
    await cdp.send("Input.synthesizeScrollGesture", { ...gesture, gestureSourceType: "mouse" });
  }
  const { frames, elements, shift, travelled } = await page.evaluate(() => globalThis.fling.stop());
  const trace = await browser.stopTracing();
  mkdirSync(join(kept, ".."), { recursive: true });
  writeFileSync(kept, gzipSync(trace));

  frames.sort((a, b) => a - b);
  const p95 = frames[Math.floor(frames.length * 0.95)];
  print("a fling's frames, p95", p95, "ms", FRAME_MS);
  print("a fling's frames, median", frames[frames.length >> 1], "ms", FRAME_MS);
  print("elements in the timeline, most", elements, "elements", 300);
  print("layout shift", shift, "score", 0);
  print("from the address to the first pictures", open, "ms", 1_000);
  if (!json) console.log(`${frames.length} frames over ${Math.round(travelled).toLocaleString("en")} px; trace in ${kept}`);
}

/** Runs in the page. */
function watch() {
  let shift = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) shift += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  const frames = [];
  let [last, elements, running, from] = [0, 0, false, 0];
  const scroller = () => document.querySelector(".scroller");
  const frame = (now) => {
    if (!running) return;
    if (last > 0) frames.push(now - last);
    last = now;
    // Counting is not what is measured: every tenth frame is enough.
    if (frames.length % 10 === 0) elements = Math.max(elements, scroller()?.querySelectorAll("*").length ?? 0);
    requestAnimationFrame(frame);
  };
  globalThis.fling = {
    start: () => {
      running = true;
      from = scroller().scrollTop;
      requestAnimationFrame(frame);
    },
    stop: () => {
      running = false;
      return { frames, elements, shift, travelled: scroller().scrollTop - from };
    },
  };
}

function print(bench, value, unit, goal) {
  const round = (number) => Math.round(number * 10) / 10;
  if (json) console.log(JSON.stringify({ bench, value: round(value), unit, goal: round(goal) }));
  else console.log(`${bench}: ${round(value)} ${unit} (goal ${round(goal)})`);
}
