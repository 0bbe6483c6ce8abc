// Reads a QR code from what is on the screen, as a camera would.

import jsQR from "jsqr";
import { PNG } from "pngjs";

/** The text of the QR code in a PNG. */
export function decodeQr(png) {
  const { data, width, height } = PNG.sync.read(png);
  return jsQR(new Uint8ClampedArray(data), width, height)?.data;
}
