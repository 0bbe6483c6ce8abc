// A photo as a camera writes it: a JPEG with its EXIF before the pixels.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

/** Writes a photo of a sunset that says when and by what it was taken. */
export function takePhoto(path, { width = 1600, height = 1200, takenAt = "2026:06:20 21:14:05", camera = "Northlight N1" } = {}) {
  const sky = `gradients=size=${width}x${height}:c0=0x1b2450:c1=0xf08a3c:x0=0:y0=0:x1=0:y1=${height}:nb_colors=2:duration=1`;
  execFileSync("ffmpeg", ["-v", "error", "-f", "lavfi", "-i", sky, "-frames:v", "1", "-q:v", "3", "-pix_fmt", "yuvj420p", "-y", path]);
  const picture = readFileSync(path);
  const photo = Buffer.concat([picture.subarray(0, 2), exif(takenAt, camera), picture.subarray(2)]);
  writeFileSync(path, photo);
  return photo;
}

const ASCII = 2;
const SHORT = 3;
const LONG = 4;

/** An APP1 segment: a little-endian TIFF with a main directory and an Exif directory. */
function exif(takenAt, camera) {
  const main = (exifAt) => [
    [0x010f, ASCII, "Northlight"],
    [0x0110, ASCII, camera],
    [0x0112, SHORT, 1],
    [0x8769, LONG, exifAt],
  ];
  const size = directory(main(0), 8).length;
  const inner = directory(
    [
      [0x9003, ASCII, takenAt],
      [0x9011, ASCII, "+02:00"],
    ],
    8 + size,
  );
  const header = Buffer.from([0x49, 0x49, 42, 0, 8, 0, 0, 0]);
  const tiff = Buffer.concat([header, directory(main(8 + size), 8), inner]);
  const body = Buffer.concat([Buffer.from("Exif\0\0", "latin1"), tiff]);
  const segment = Buffer.from([0xff, 0xe1, 0, 0]);
  segment.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([segment, body]);
}

/** One TIFF directory that stands at an offset, with what does not fit into its entries behind it. */
function directory(entries, offset) {
  const head = Buffer.alloc(2 + entries.length * 12 + 4);
  head.writeUInt16LE(entries.length, 0);
  const behind = [];
  let at = offset + head.length;
  entries.forEach(([tag, type, value], i) => {
    const entry = 2 + i * 12;
    head.writeUInt16LE(tag, entry);
    head.writeUInt16LE(type, entry + 2);
    if (type === ASCII) {
      const text = Buffer.from(`${value}\0`, "latin1");
      head.writeUInt32LE(text.length, entry + 4);
      head.writeUInt32LE(at, entry + 8);
      behind.push(text);
      at += text.length;
    } else {
      head.writeUInt32LE(1, entry + 4);
      if (type === SHORT) head.writeUInt16LE(value, entry + 8);
      else head.writeUInt32LE(value, entry + 8);
    }
  });
  return Buffer.concat([head, ...behind]);
}
