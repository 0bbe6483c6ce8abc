import { concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';

/** A file as a guest's page sees it. */
export interface SaidFile {
  readonly hash: Uint8Array;
  readonly size: number;
  readonly mediaType: string;
  readonly fileName: string;
  readonly capturedMs: number;
  readonly width: number;
  readonly height: number;
  readonly durationMs?: number | undefined;
  readonly caption: string;
  /** Whether it may be shared as it is where its format cannot be proved free of places. */
  readonly asItIs: boolean;
}

/** What a guest can say. */
export type What =
  | { readonly file: SaidFile }
  | { readonly reaction: { readonly moment: string; readonly emoji: string; readonly on: boolean } }
  | { readonly retraction: string };

/** The bytes that a guest signs: deterministic CBOR (RFC 8949, 4.2.1), numbered fields, absent ones left out. */
export function encodeSaid(name: string, timeMs: number, what: What): Uint8Array {
  return encode(new Map<number, Value>([[0, name], [1, timeMs], whatOf(what)]));
}

function whatOf(what: What): [number, Value] {
  if ('retraction' in what) return [4, hexToBytes(what.retraction)];
  if ('reaction' in what) {
    const { moment, emoji, on } = what.reaction;
    return [
      3,
      new Map<number, Value>([
        [0, hexToBytes(moment)],
        [1, emoji],
        [2, on],
      ]),
    ];
  }
  const { file } = what;
  const fields: [number, Value][] = [
    [0, file.hash],
    [1, file.size],
    [2, file.mediaType],
    [3, file.fileName],
    [4, file.capturedMs],
    [5, file.width],
    [6, file.height],
    ...(file.durationMs === undefined ? [] : [[7, file.durationMs] as [number, Value]]),
    [8, file.caption],
    [9, file.asItIs],
  ];
  return [2, new Map(fields)];
}

type Value = number | string | boolean | Uint8Array | Map<number, Value>;

const [UINT, BYTES, TEXT, MAP] = [0, 2, 3, 5];
const [FALSE, TRUE] = [0xf4, 0xf5];

function encode(value: Value): Uint8Array {
  if (typeof value === 'number') return head(UINT, value);
  if (typeof value === 'boolean') return Uint8Array.of(value ? TRUE : FALSE);
  if (typeof value === 'string') {
    const bytes = utf8ToBytes(value);
    return concatBytes(head(TEXT, bytes.length), bytes);
  }
  if (value instanceof Uint8Array) return concatBytes(head(BYTES, value.length), value);
  // The keys above are written in rising order.
  return concatBytes(head(MAP, value.size), ...[...value].flatMap(([key, one]) => [encode(key), encode(one)]));
}

/** The type and the number that every item begins with, in as few bytes as it fits. */
function head(type: number, number: number): Uint8Array {
  const major = type << 5;
  if (number < 24) return Uint8Array.of(major | number);
  if (number < 0x100) return Uint8Array.of(major | 24, number);
  const view = new DataView(new ArrayBuffer(9));
  if (number < 0x1_0000) {
    view.setUint8(0, major | 25);
    view.setUint16(1, number);
    return new Uint8Array(view.buffer, 0, 3);
  }
  if (number < 0x1_0000_0000) {
    view.setUint8(0, major | 26);
    view.setUint32(1, number);
    return new Uint8Array(view.buffer, 0, 5);
  }
  view.setUint8(0, major | 27);
  view.setBigUint64(1, BigInt(number));
  return new Uint8Array(view.buffer);
}

const NAME_CHARS = 64;
const FILE_NAME_BYTES = 255;

/** A name as the engine takes it: one line, composed, without what changes the direction of the text around it. */
export const cleanName = (name: string): string => [...cleanLine(name)].slice(0, NAME_CHARS).join('').trim();

/** A file's name without folders, short enough, its ending kept. */
export function cleanFileName(name: string): string {
  const line = cleanLine(name.split(/[\\/]/).at(-1) ?? '');
  const at = line.lastIndexOf('.');
  const ending = at > 0 && line.length - at <= 12 ? line.slice(at) : '';
  let stem = [...line.slice(0, line.length - ending.length)];
  while (utf8ToBytes(stem.join('') + ending).length > FILE_NAME_BYTES) stem = stem.slice(0, -1);
  return (stem.join('') + ending).trim();
}

/** Does what `glow-model/src/text.rs` does to a line: the door takes no other spelling. */
function cleanLine(text: string): string {
  return text.normalize('NFC').replace(SPACE, ' ').replace(UNSAFE, '').replace(/ +/g, ' ').replace(/^ | $/g, '');
}

const SPACE = /[\t-\r\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/gu;
/** What changes how its neighbours are read: control characters, bidi overrides, annotations, tags, byte order marks. */
const UNSAFE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\u{e0001}]/gu;
