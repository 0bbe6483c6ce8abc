// Photographs and clips, made when a test needs them.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../../../scripts/lib/process.mjs";
import { withExif } from "./exif.mjs";

const SCENE = fileURLToPath(new URL("scene.js", import.meta.url));

/**
 * Paints pictures and writes them as JPEG with EXIF.
 * @typedef {{ kind: string, seed: number, width: number, height: number, takenAt: Date, name?: string, turned?: boolean }} Wish
 * @param {import("playwright-core").Browser} browser
 * @param {string} folder
 * @param {Wish[]} wishes
 * @returns {Promise<{ path: string, bytes: Buffer, width: number, height: number, takenAt: Date }[]>} sizes as one sees them
 */
export async function paint(browser, folder, wishes) {
  mkdirSync(folder, { recursive: true });
  const page = await browser.newPage();
  try {
    await page.addScriptTag({ path: SCENE });
    const photos = [];
    for (const [at, wish] of wishes.entries()) {
      const base64 = await page.evaluate((scene) => globalThis.paintScene(scene), sceneOf(wish));
      const orientation = wish.turned ? 6 : 1;
      const bytes = withExif(Buffer.from(base64, "base64"), { takenAt: wish.takenAt, orientation });
      const path = join(folder, wish.name ?? `IMG_${String(1201 + at)}.jpg`);
      writeFileSync(path, bytes);
      photos.push({ path, bytes, width: wish.width, height: wish.height, takenAt: wish.takenAt });
    }
    return photos;
  } finally {
    await page.close();
  }
}

const sceneOf = ({ kind, seed, width, height, turned }) => ({ kind, seed, width, height, turned });

/**
 * A slow pan over a picture, H.264 and AAC in MP4, as a phone records.
 * @param {string} still path of a JPEG
 * @param {string} path where it goes
 */
export async function film(still, path, { seconds = 3, takenAt = new Date() } = {}) {
  const picture = ["-loop", "1", "-framerate", "30", "-i", still];
  const sound = ["-f", "lavfi", "-i", "sine=frequency=220:sample_rate=44100"];
  const pan = "scale=1400:-2,crop=1280:720:x='(iw-ow)*t/8':y='(ih-oh)/2',setsar=1,format=yuv420p";
  const encode = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "26", "-g", "30", "-c:a", "aac", "-b:a", "64k"];
  const written = ["-t", String(seconds), "-metadata", `creation_time=${takenAt.toISOString()}`, "-movflags", "+faststart", path];
  const command = ["ffmpeg", "-v", "error", "-y", ...picture, ...sound, "-vf", pan, ...encode, ...written];
  const { code, output } = await run(command, { quiet: true, minutes: 1 });
  if (code !== 0) throw new Error(`ffmpeg could not make a clip: ${output}`);
  return { path, bytes: readFileSync(path), seconds, takenAt };
}
