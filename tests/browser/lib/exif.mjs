// Writes what a camera writes into a JPEG: an APP1 segment with a small TIFF directory (CIPA DC-008, "Exif").

const ASCII = 2;
const SHORT = 3;
const LONG = 4;
const WIDTHS = { [ASCII]: 1, [SHORT]: 2, [LONG]: 4 };
const HEADER_BYTES = 8;

/**
 * @param {Buffer} jpeg
 * @param {{ takenAt: Date, offset?: string, orientation?: number, model?: string }} camera `takenAt` is read in UTC and
 *   written as the camera's own wall clock in the zone `offset`
 */
export function withExif(jpeg, { takenAt, offset = "+01:00", orientation = 1, model = "AG-1" }) {
  const stamp = cameraTime(takenAt, offset);
  const exif = [
    [0x9003, ASCII, stamp],
    [0x9011, ASCII, offset],
  ];
  const main = [
    [0x010f, ASCII, "Afterglow"],
    [0x0110, ASCII, model],
    [0x0112, SHORT, orientation],
    [0x0132, ASCII, stamp],
    [0x8769, LONG, 0],
  ];
  const exifAt = HEADER_BYTES + directory(main, HEADER_BYTES).length;
  main.at(-1)[2] = exifAt;
  const tiff = Buffer.concat([Buffer.from("II*\0\x08\0\0\0", "latin1"), directory(main, HEADER_BYTES), directory(exif, exifAt)]);
  const body = Buffer.concat([Buffer.from("Exif\0\0", "latin1"), tiff]);
  const marker = Buffer.from([0xff, 0xe1, 0, 0]);
  marker.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), marker, body, jpeg.subarray(2)]);
}

/** One directory that starts at `at`, followed by the values too long to stand in their entry. */
function directory(entries, at) {
  const head = Buffer.alloc(2 + 12 * entries.length + 4);
  head.writeUInt16LE(entries.length, 0);
  const values = [];
  let valueAt = at + head.length;
  entries.forEach(([tag, type, content], i) => {
    const value = bytesOf(type, content);
    const entry = 2 + 12 * i;
    head.writeUInt16LE(tag, entry);
    head.writeUInt16LE(type, entry + 2);
    head.writeUInt32LE(value.length / WIDTHS[type], entry + 4);
    if (value.length <= 4) value.copy(head, entry + 8);
    else {
      head.writeUInt32LE(valueAt, entry + 8);
      values.push(value);
      valueAt += value.length;
    }
  });
  return Buffer.concat([head, ...values]);
}

function bytesOf(type, content) {
  if (type === ASCII) {
    const text = Buffer.from(`${content}\0`, "latin1");
    return text.length % 2 === 0 || text.length <= 4 ? text : Buffer.concat([text, Buffer.alloc(1)]);
  }
  const value = Buffer.alloc(WIDTHS[type]);
  if (type === SHORT) value.writeUInt16LE(content);
  else value.writeUInt32LE(content);
  return value;
}

/** `2026:11:20 17:05:09`, as the camera's clock shows it. */
export function cameraTime(instant, offset) {
  const [, sign, hours, minutes] = /^([+-])(\d\d):(\d\d)$/.exec(offset);
  const shift = (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? -60_000 : 60_000);
  return new Date(instant.getTime() + shift).toISOString().slice(0, 19).replaceAll("-", ":").replace("T", " ");
}
