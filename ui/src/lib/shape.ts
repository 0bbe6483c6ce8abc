const NARROWEST = 0.5;
const WIDEST = 3;
const STEPS = 255;
const SPAN = Math.log(WIDEST / NARROWEST);

/** Width over height for each shape byte: even steps of the logarithm from 1/2 to 3, as the engine makes them. */
const RATIOS = Float64Array.from({ length: STEPS + 1 }, (_, step) => NARROWEST * Math.exp((step / STEPS) * SPAN));

export const ratioOf = (shape: number): number => RATIOS[shape] ?? 1;

/** The shape byte of a picture; extreme panoramas and towers are cropped, an unknown size is a square. */
export function shapeOf(width: number, height: number): number {
  const ratio = width > 0 && height > 0 ? Math.min(WIDEST, Math.max(NARROWEST, width / height)) : 1;
  return Math.round((Math.log(ratio / NARROWEST) / SPAN) * STEPS);
}

/** Reads shapes as they cross the contract. */
export function decodeShapes(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** Writes shapes as they cross the contract. */
export function encodeShapes(shapes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < shapes.length; at += 4_096) text += String.fromCharCode(...shapes.subarray(at, at + 4_096));
  return btoa(text);
}
