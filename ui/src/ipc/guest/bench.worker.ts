import { hexToBytes } from '@noble/hashes/utils.js';
import { FileHash, openBlob, sealPiece } from './bytes';

/** What the worker is asked; buffers change hands. */
export type Question =
  | { readonly number: number; readonly do: 'hash'; readonly file: string; readonly bytes: Uint8Array<ArrayBuffer> | null }
  | {
      readonly number: number;
      readonly do: 'seal';
      readonly key: Uint8Array;
      readonly place: string;
      readonly bytes: Uint8Array<ArrayBuffer>;
    }
  | { readonly number: number; readonly do: 'open'; readonly id: string; readonly key: string; readonly bytes: Uint8Array<ArrayBuffer> };

export interface Answer {
  readonly number: number;
  readonly bytes: Uint8Array | null;
}

const hashes = new Map<string, FileHash>();

function answer(question: Question): Uint8Array | null {
  switch (question.do) {
    case 'seal':
      return sealPiece(question.key, question.place, question.bytes);
    case 'open':
      return openBlob(question.id, hexToBytes(question.key), question.bytes);
    case 'hash': {
      const hash = hashes.get(question.file) ?? new FileHash();
      hashes.set(question.file, hash);
      if (question.bytes !== null) {
        hash.take(question.bytes);
        return null;
      }
      hashes.delete(question.file);
      return hash.end();
    }
  }
}

addEventListener('message', ({ data }: MessageEvent<Question>) => {
  const bytes = answer(data);
  const reply: Answer = { number: data.number, bytes };
  postMessage(reply, { transfer: bytes === null ? [] : [bytes.buffer as ArrayBuffer] });
});
