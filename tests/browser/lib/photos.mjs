// Photographs and clips, made when a test needs them.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../../../scripts/lib/process.mjs";
import { cameraTime, withExif } from "./exif.mjs";

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

/**
 * As many photos as are wished for from a folder of somebody's own, over and over if it holds fewer. Each gets the time of its
 * wish, where it says one, and a comment, so that no two are the same; its pixels and whatever else it says are as they were.
 * @param {string} from
 * @param {string} folder
 * @param {Pick<Wish, "name" | "takenAt">[]} wishes their names without an ending
 * @returns {{ path: string, bytes: Buffer, takenAt: Date }[]}
 */
export function gather(from, folder, wishes) {
  const found = readdirSync(from, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && /\.(jpe?g|heic)$/i.test(entry.name));
  if (found.length === 0) throw new Error(`no photos in ${from}`);
  const sources = found.map((entry) => join(entry.parentPath ?? entry.path, entry.name)).sort();
  mkdirSync(folder, { recursive: true });
  return wishes.map(({ name, takenAt }, at) => {
    const source = sources[at % sources.length];
    const bytes = withComment(retimed(readFileSync(source), takenAt), `${name} of a test`);
    const path = join(folder, `${name}${extname(source)}`);
    writeFileSync(path, bytes);
    return { path, bytes, takenAt };
  });
}

/** Whether one file is the other with nothing but zeros and spaces where they differ, as blanking leaves it. */
export function isBlanked(copy, original) {
  return copy.length === original.length && copy.every((byte, at) => byte === original[at] || byte === 0 || byte === 0x20);
}

/** Every time that EXIF says in a file becomes this one: as long, and in its place. */
function retimed(bytes, takenAt) {
  const text = bytes.toString("latin1");
  return Buffer.from(text.replaceAll(/\d{4}:\d\d:\d\d \d\d:\d\d:\d\d\0/g, () => `${cameraTime(takenAt, "+01:00")}\0`), "latin1");
}

/** A JPEG gets a comment behind its first segment, any other file (HEIC) a free box at its end. */
function withComment(bytes, comment) {
  const text = Buffer.from(comment, "latin1");
  if (bytes.readUInt16BE(0) !== 0xffd8) {
    const box = Buffer.from("\0\0\0\0free", "latin1");
    box.writeUInt32BE(box.length + text.length);
    return Buffer.concat([bytes, box, text]);
  }
  const end = 4 + bytes.readUInt16BE(4);
  const marker = Buffer.from([0xff, 0xfe, 0, text.length + 2]);
  return Buffer.concat([bytes.subarray(0, end), marker, text, bytes.subarray(end)]);
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
