import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';

const NUMBER_BYTES = 8;
const NONCE_BYTES = 24;

/** Seals the messages of one direction: numbered from 0, each once and in order. */
export class Sealer {
  readonly #key: Uint8Array;
  readonly #session: Uint8Array;
  next = 0;

  constructor(key: Uint8Array, session: Uint8Array) {
    this.#key = key;
    this.#session = session;
  }

  seal(message: Uint8Array): Uint8Array<ArrayBuffer> {
    const nonce = nonceOf(this.next);
    this.next += 1;
    const sealed = xchacha20poly1305(this.#key, nonce, this.#session).encrypt(message);
    const frame = new Uint8Array(NUMBER_BYTES + sealed.length);
    frame.set(nonce.subarray(NONCE_BYTES - NUMBER_BYTES));
    frame.set(sealed, NUMBER_BYTES);
    return frame;
  }
}

/** Opens the messages of one direction. */
export class Opener {
  readonly #key: Uint8Array;
  readonly #session: Uint8Array;
  #next = 0;

  constructor(key: Uint8Array, session: Uint8Array) {
    this.#key = key;
    this.#session = session;
  }

  /** Fails when the frame is not the next one of this direction. */
  open(frame: Uint8Array): Uint8Array {
    const nonce = nonceOf(this.#next);
    const number = frame.subarray(0, NUMBER_BYTES);
    if (number.length < NUMBER_BYTES || number.some((byte, at) => byte !== nonce[NONCE_BYTES - NUMBER_BYTES + at]))
      throw new Error('a frame came out of order');
    const message = xchacha20poly1305(this.#key, nonce, this.#session).decrypt(frame.subarray(NUMBER_BYTES));
    this.#next += 1;
    return message;
  }
}

function nonceOf(number: number): Uint8Array {
  const nonce = new Uint8Array(NONCE_BYTES);
  new DataView(nonce.buffer).setBigUint64(NONCE_BYTES - NUMBER_BYTES, BigInt(number));
  return nonce;
}
