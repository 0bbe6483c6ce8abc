import { thumbHashToAverageRGBA, thumbHashToDataURL } from 'thumbhash';

const MOST = 2_000;
const colours = new Map<string, string | null>();
const made = new Map<string, string | null>();

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
export const averageColour = (base64: string): string | null => remember(colours, base64, mix);

function mix(base64: string): string | null {
  const bytes = thumbhashBytes(base64);
  if (bytes === null) return null;
  const { r, g, b } = thumbHashToAverageRGBA(bytes);
  return `rgb(${[r, g, b].map((part) => Math.round(part * 255)).join(' ')})`;
}

/** The placeholder as a picture's address; nothing when it cannot be read. */
export const placeholderUrl = (base64: string): string | null => remember(made, base64, draw);

function draw(base64: string): string | null {
  const bytes = thumbhashBytes(base64);
  if (bytes === null) return null;
  try {
    return thumbHashToDataURL(bytes);
  } catch {
    return null;
  }
}

function remember(known: Map<string, string | null>, base64: string, make: (base64: string) => string | null): string | null {
  const before = known.get(base64);
  if (before !== undefined) return before;
  const value = make(base64);
  if (known.size >= MOST) known.delete(known.keys().next().value ?? '');
  known.set(base64, value);
  return value;
}

const waiting = new Map<string, Set<(url: string | null) => void>>();
let drawer: Worker | null = null;

/** The same, drawn in a worker: a wall of tiles asks for many. Answers at once what is known; answers how to forget the wish. */
export function placeholderSoon(base64: string, done: (url: string | null) => void): () => void {
  const known = made.get(base64);
  if (known !== undefined || base64 === '' || typeof Worker === 'undefined') {
    done(known ?? placeholderUrl(base64));
    return () => {};
  }
  const others = waiting.get(base64) ?? new Set();
  if (others.size === 0) waiting.set(base64, others);
  others.add(done);
  if (others.size === 1) ask(base64);
  return () => others.delete(done);
}

function ask(base64: string): void {
  drawer ??= hire();
  drawer.postMessage(base64);
}

function hire(): Worker {
  const worker = new Worker(new URL('./placeholder.worker.ts', import.meta.url), { type: 'module' });
  worker.addEventListener('message', ({ data: [base64, url] }: MessageEvent<[string, string | null]>) => {
    remember(made, base64, () => url);
    const wishes = waiting.get(base64);
    waiting.delete(base64);
    for (const done of wishes ?? []) done(url);
  });
  return worker;
}
