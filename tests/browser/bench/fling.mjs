// Flings through the seeded world of 100,000 moments and says how even the frames were. Keeps a trace.
//
//   node tests/browser/bench/fling.mjs [--json] [--world 100000]
//
// The page is built once (`npm run build -w ui`), served from this process and shown by a real Chromium with its own
// compositor. A frame's length is the distance between two animation frames while the wall is being flung. What this machine
// can do at all is measured beside it: bare pages of as many plain boxes, and of as many pictures, in rows that a dozen lines
// put where one looks. They are flung in turn with the wall, by the same gestures, so that what else the machine does meets
// all three. The trace is of flings of its own, since tracing takes time.

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
const VIEWPORT = { width: 1280, height: 800 };
/** How far and how fast, in px and px a second. */
const FLINGS = [
  { distance: 12_000, speed: 8_000 },
  { distance: 40_000, speed: 24_000 },
];
/** Still slow enough to see what goes by. */
const BRISK = { distance: 5_000, speed: 2_500 };
const ROUNDS = 5;
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
  const started = Date.now();
  const wall = await open((page) => page.goto(served.address(world)));
  await wall.page.locator("[data-moment] img.shown").first().waitFor();
  const opened = Date.now() - started;
  await wall.page.evaluate(() => globalThis.world.draw());
  await wall.page.waitForTimeout(1_500);
  const tiles = await wall.page.locator("[data-moment]").count();
  const boxes = await open((page) => bare(page, tiles, false));
  const pictures = await open((page) => bare(page, tiles, true));

  const all = { wall, boxes, pictures };
  const brisk = { wall: [], boxes: [], pictures: [] };
  const flung = { wall: [], boxes: [], pictures: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, one] of Object.entries(all)) brisk[name].push(...(await one.fling(BRISK)));
    for (const fling of FLINGS) for (const [name, one] of Object.entries(all)) flung[name].push(...(await one.fling(fling)));
  }
  const { elements, shift, travelled } = await wall.page.evaluate(() => globalThis.fling.sum());
  await trace(wall);

  const beside = (frames, share) => ({ name: `a bare page of ${tiles} pictures`, value: part(frames.pictures, share) });
  print("a fling's frames, p95", part(flung.wall, 0.95), "ms", FRAME_MS, beside(flung, 0.95));
  print("a fling's frames, median", part(flung.wall, 0.5), "ms", FRAME_MS, beside(flung, 0.5));
  print("a brisk scroll's frames, p95", part(brisk.wall, 0.95), "ms", FRAME_MS, beside(brisk, 0.95));
  print(`a fling's frames over a bare page of ${tiles} plain boxes, p95`, part(flung.boxes, 0.95), "ms");
  print("elements in the timeline, most", elements, "elements", 300);
  print("layout shift", shift, "score", 0);
  print("from the address to the first pictures, with the making of the world", opened, "ms", 1_000);
  if (!json) console.log(`${flung.wall.length} frames over ${Math.round(travelled).toLocaleString("en")} px; trace in ${kept}`);
}

/** A page of its own window, and how to fling it: answers the lengths of the frames. */
async function open(show) {
  const page = await (await browser.newContext({ viewport: VIEWPORT, hasTouch: true })).newPage();
  await page.addInitScript(watch);
  await show(page);
  const cdp = await page.context().newCDPSession(page);
  const fling = async ({ distance, speed }) => {
    await page.bringToFront();
    await page.evaluate(() => globalThis.fling.start());
    await cdp.send("Input.synthesizeScrollGesture", { x: 640, y: 500, yDistance: -distance, speed, gestureSourceType: "mouse" });
    return page.evaluate(() => globalThis.fling.stop());
  };
  return { page, fling };
}

async function trace({ page, fling }) {
  await browser.startTracing(page, { categories: ["devtools.timeline", "blink.user_timing", "cc", "v8.execute"] });
  for (const one of [BRISK, ...FLINGS, ...FLINGS]) await fling(one);
  const recorded = await browser.stopTracing();
  mkdirSync(join(kept, ".."), { recursive: true });
  writeFileSync(kept, gzipSync(recorded));
}

/** The least that a page of this kind can be: rows of boxes in a high scroll box, each put where one looks. */
async function bare(page, boxes, hasPictures) {
  await page.goto(served.bare);
  await page.evaluate(
    async ({ boxes, hasPictures }) => {
      const [across, high, gap] = [6, 190, 6];
      document.body.innerHTML = `<div class="scroller" style="height:100vh;overflow:hidden auto"><div style="position:relative;height:15000000px"></div></div>`;
      document.body.style.margin = 0;
      const [scroller] = document.body.children;
      const pictures = hasPictures ? await Promise.all(Array.from({ length: 60 }, (_, i) => paint(i))) : [];
      const rows = Array.from({ length: Math.ceil(boxes / across) }, () => {
        const row = document.createElement("div");
        row.style.cssText = `position:absolute;left:0;right:0;height:${high}px;contain:strict`;
        for (let at = 0; at < across; at += 1) {
          const box = document.createElement(hasPictures ? "img" : "div");
          box.style.cssText = `position:absolute;left:${at * 210}px;width:204px;height:${high}px;background:#345;object-fit:cover`;
          row.append(box);
        }
        scroller.firstChild.append(row);
        return row;
      });
      const place = () => {
        const first = Math.max(0, Math.floor(scroller.scrollTop / (high + gap)) - Math.floor(rows.length / 3));
        for (let number = first; number < first + rows.length; number += 1) {
          const row = rows[number % rows.length];
          if (row.number === number) continue;
          row.number = number;
          row.style.top = `${number * (high + gap)}px`;
          if (hasPictures) for (const [at, box] of [...row.children].entries()) box.src = pictures[(number * across + at) % pictures.length];
        }
      };
      scroller.addEventListener("scroll", place);
      place();

      async function paint(number) {
        const canvas = new OffscreenCanvas(320, 240);
        const context = canvas.getContext("2d");
        for (let i = 0; i < 40; i += 1) {
          context.fillStyle = `hsl(${number * 37 + i * 9} 60% ${30 + i}%)`;
          context.fillRect((i * 53 + number) % 320, (i * 31) % 240, 90, 70);
        }
        return URL.createObjectURL(await canvas.convertToBlob({ type: "image/jpeg" }));
      }
    },
    { boxes, hasPictures },
  );
  await page.waitForTimeout(500);
}

/** Runs in the page. */
function watch() {
  let shift = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) shift += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  let [frames, last, elements, running] = [[], 0, 0, false];
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
      [frames, last, running] = [[], 0, true];
      requestAnimationFrame(frame);
    },
    stop: () => {
      running = false;
      return frames;
    },
    sum: () => ({ elements, shift, travelled: scroller().scrollTop }),
  };
}

function part(frames, share) {
  const sorted = frames.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
}

function print(bench, value, unit, goal, beside) {
  const round = (number) => Math.round(number * 10) / 10;
  const reference = beside && { ...beside, value: round(beside.value) };
  if (json) {
    console.log(JSON.stringify({ bench, value: round(value), unit, ...(goal === undefined ? {} : { goal: round(goal) }), ...(reference ? { reference } : {}) }));
    return;
  }
  const notes = [goal === undefined ? [] : `goal ${round(goal)}`, reference ? `${reference.name} ${reference.value}` : []].flat().join("; ");
  console.log(`${bench}: ${round(value)} ${unit}${notes ? ` (${notes})` : ""}`);
}
