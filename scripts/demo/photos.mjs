// What the demo's devices capture: the person's own pictures, or evenings made by ffmpeg.

import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { run } from "../lib/process.mjs";
import { fail } from "../lib/terminal.mjs";

const MEDIA = /\.(jpe?g|png|webp|gif|hei[cf]|avif|mp4|mov|webm|3gp)$/i;
const SIZES = ["1600x1200", "1200x1600", "1920x1080", "1400x1400"];
const SKIES = [
  ["0x1d1636", "0x8c2f4f", "0xf4743b"],
  ["0x0f2a43", "0xb3476a", "0xffb488"],
  ["0x2a1a4a", "0xd6561f", "0xffe3a3"],
  ["0x123040", "0x6a3d6e", "0xff9259"],
];
const EVERY_NTH_IS_A_CLIP = 6;

/** The first pictures and clips of a folder and those below it, by name. */
export function ownPhotos(folder, count) {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => MEDIA.test(name)).sort();
  if (files.length === 0) fail(`There is no picture or clip in ${folder}.`);
  return files.slice(0, count).map((name) => resolve(folder, name));
}

/** Makes one after the other, each when it is needed. */
export async function* generated(folder, count) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (let number = 1; number <= count; number++) {
    const clip = number % EVERY_NTH_IS_A_CLIP === 0;
    const file = join(folder, `${clip ? "clip" : "sunset"}-${String(number).padStart(2, "0")}.${clip ? "mp4" : "jpg"}`);
    const { code, output } = await run(["ffmpeg", "-v", "error", "-y", ...recipe(number, clip), file], { quiet: true, minutes: 1 });
    if (code !== 0) fail(`ffmpeg could not make a picture: ${output}`);
    yield file;
  }
}

function recipe(number, clip) {
  const [c0, c1, c2] = SKIES[number % SKIES.length];
  const size = clip ? "1280x720" : SIZES[number % SIZES.length];
  const [width, height] = size.split("x").map(Number);
  const from = `x0=${width / 2}:y0=0:x1=${Math.round((width * (number % 5)) / 4)}:y1=${height}`;
  const sky = `gradients=s=${size}:c0=${c0}:c1=${c1}:c2=${c2}:n=3:${from}:speed=0.02:d=4:r=30`;
  // A number that is seen from afar, and grain, so that no two are alike and the files weigh what photographs weigh.
  const label = `drawtext=text='${number}':fontcolor=white@0.85:fontsize=${Math.round(height / 3)}:x=(w-tw)/2:y=(h-th)/2`;
  const finish = `${label},noise=alls=8:allf=t:all_seed=${number}`;
  if (!clip) return ["-f", "lavfi", "-i", sky, "-frames:v", "1", "-vf", finish, "-q:v", "3"];
  const sound = ["-f", "lavfi", "-i", "sine=frequency=330:duration=4"];
  const encode = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "+faststart", "-t", "4"];
  return ["-f", "lavfi", "-i", sky, ...sound, "-vf", finish, ...encode];
}
