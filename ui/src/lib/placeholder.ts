import { thumbHashToAverageRGBA, thumbHashToDataURL } from 'thumbhash';

const MOST = 2_000;
const BUDGET_MS = 4;
const made = new Map<string, string | null>();
const waiting: { hash: string; done: (url: string | null) => void }[] = [];

/** The bytes of a thumbhash; nothing when the text is none. */
export function thumbhashBytes(base64: string): Uint8Array | null {
  if (base64 === '' || base64.length > 64) return null;
  try {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    return bytes.length >= 5 ? bytes : null;
  } catch {
    return null;
  }
}

/** The average colour as CSS: known at once, so that a tile is never empty. */
export function averageColour(base64: string): string | null {
  const bytes = thumbhashBytes(base64);
  if (bytes === null) return null;
  const { r, g, b } = thumbHashToAverageRGBA(bytes);
  return `rgb(${[r, g, b].map((part) => Math.round(part * 255)).join(' ')})`;
}

/** The placeholder as a picture's address; nothing when it cannot be read. */
export function placeholderUrl(base64: string): string | null {
  const known = made.get(base64);
  if (known !== undefined) return known;
  const url = draw(base64);
  if (made.size >= MOST) made.delete(made.keys().next().value ?? '');
  made.set(base64, url);
  return url;
}

/** The same, but a few milliseconds a frame, for walls of tiles. Answers at once when it is known. */
export function placeholderSoon(base64: string, done: (url: string | null) => void): () => void {
  const known = made.get(base64);
  if (known !== undefined || base64 === '') {
    done(known ?? null);
    return () => {};
  }
  const entry = { hash: base64, done };
  waiting.push(entry);
  if (waiting.length === 1) requestAnimationFrame(drawSome);
  return () => {
    const at = waiting.indexOf(entry);
    if (at >= 0) waiting.splice(at, 1);
  };
}

function drawSome(): void {
  const until = performance.now() + BUDGET_MS;
  while (waiting.length > 0 && performance.now() < until) {
    const next = waiting.shift();
    if (next !== undefined) next.done(placeholderUrl(next.hash));
  }
  if (waiting.length > 0) requestAnimationFrame(drawSome);
}

function draw(base64: string): string | null {
  const bytes = thumbhashBytes(base64);
  if (bytes === null) return null;
  try {
    return thumbHashToDataURL(bytes);
  } catch {
    return null;
  }
}
