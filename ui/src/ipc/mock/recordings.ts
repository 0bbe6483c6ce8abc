import type { ClipReceipt, ClipTarget } from '../contract';
import { Failure } from '../host';

interface Recording {
  readonly parts: readonly Blob[];
  readonly receipt: ClipReceipt;
}

/** Clips that are being recorded, with what came of them so far. */
export class Recordings {
  readonly #open = new Map<string, Recording>();

  /** Takes the next bytes; with the first a moment begins. */
  record(bytes: Blob, target: ClipTarget, begin: () => string[]): ClipReceipt {
    const name = `${target.group} ${target.key}`;
    const { parts, receipt } = this.#open.get(name) ?? { parts: [], receipt: { offset: 0, streams: true } };
    if (target.offset > receipt.offset) {
      throw new Failure('bad_request', 'bytes are missing before these', { offset: String(receipt.offset) });
    }
    const fresh = bytes.slice(receipt.offset - target.offset);
    const [moment] = receipt.moment === undefined ? begin() : [receipt.moment];
    const now = { ...receipt, offset: receipt.offset + fresh.size, ...(moment === undefined ? {} : { moment }) };
    this.#open.set(name, { parts: [...parts, fresh], receipt: now });
    return now;
  }

  get(group: string, key: string): Recording {
    const recording = this.#open.get(`${group} ${key}`);
    if (recording === undefined) throw new Failure('unknown_moment', 'there is no such recording');
    return recording;
  }

  /** Ends one. */
  take(group: string, key: string): Recording {
    const recording = this.get(group, key);
    this.#open.delete(`${group} ${key}`);
    return recording;
  }
}
