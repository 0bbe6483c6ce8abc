import { chacha20, xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { blake3 } from '@noble/hashes/blake3.js';
import { bytesToHex, concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';

const NONCE_BYTES = 24;
const NO_NONCE = new Uint8Array(12);

/** The body of an upload: `place` is what it is, "<id>/<grid, screen or number>". */
export function sealPiece(
  key: Uint8Array,
  place: string,
  bytes: Uint8Array,
  nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES)),
): Uint8Array {
  return concatBytes(nonce, xchacha20poly1305(key, nonce, utf8ToBytes(place)).encrypt(bytes));
}

/** Checks a sealed blob against its id (BLAKE3) and opens it (ChaCha20 from its first byte on); nothing when it is another. */
export function openBlob(id: string, key: Uint8Array, sealed: Uint8Array): Uint8Array | null {
  if (bytesToHex(blake3(sealed)) !== id) return null;
  return chacha20(key, NO_NONCE, sealed);
}

/** BLAKE3 of a file that comes piece by piece. */
export class FileHash {
  readonly #hash = blake3.create();

  take(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  end(): Uint8Array {
    return this.#hash.digest();
  }
}
