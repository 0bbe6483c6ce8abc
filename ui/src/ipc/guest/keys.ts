import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';

const DOOR_SALT = utf8ToBytes('afterglow guest v1');
const SESSION_SALT = utf8ToBytes('afterglow guest session v1');
const SIGNED_SESSION = utf8ToBytes('afterglow v1 guest session\0');
const SIGNED_POST = utf8ToBytes('afterglow v1 guest post\0');

/** What follows from a door's secret: HKDF-SHA256, as glow-gateway's `guest` module says. */
export interface DoorKeys {
  /** Tells doors apart; public. */
  readonly id: Uint8Array;
  readonly proof: Uint8Array;
  readonly root: Uint8Array;
}

/** The keys of one session, by direction. */
export interface SessionKeys {
  readonly toDoor: Uint8Array;
  readonly toPage: Uint8Array;
  /** Seals pieces of files. */
  readonly bytes: Uint8Array;
  /** Stands in the paths; public. */
  readonly id: Uint8Array;
  /** What the guest signs to be known in this session. */
  readonly binding: Uint8Array;
}

/** The public X25519 keys of both sides. */
export interface BothKeys {
  readonly page: Uint8Array;
  readonly door: Uint8Array;
}

export function doorKeys(secret: Uint8Array): DoorKeys {
  const expand = (label: string, length: number) => hkdf(sha256, secret, DOOR_SALT, utf8ToBytes(label), length);
  return { id: expand('door id', 16), proof: expand('door proof', 32), root: expand('session root', 32) };
}

/** What shows one side that the other knows the secret. */
export function prove(side: 'page' | 'door', door: DoorKeys, both: BothKeys): Uint8Array {
  return hmac(sha256, door.proof, concatBytes(utf8ToBytes(side), door.id, both.page, both.door));
}

export function sessionKeys(door: DoorKeys, own: Uint8Array, both: BothKeys): SessionKeys {
  const shared = x25519.getSharedSecret(own, both.door);
  const salt = concatBytes(SESSION_SALT, both.page, both.door);
  const key = concatBytes(door.root, shared);
  const expand = (label: string, length: number) => hkdf(sha256, key, salt, utf8ToBytes(label), length);
  return {
    toDoor: expand('page to door', 32),
    toPage: expand('door to page', 32),
    bytes: expand('bytes', 32),
    id: expand('session id', 16),
    binding: expand('session binding', 32),
  };
}

/** Compares to the end, so that the time taken tells nothing. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.reduce((different, byte, at) => different | (byte ^ (b[at] ?? 0)), 0) === 0;
}

/** A guest's own key: made in the page, it never leaves it. */
export class GuestKey {
  readonly #seed: Uint8Array;
  readonly publicKey: Uint8Array;

  constructor(seed: Uint8Array = crypto.getRandomValues(new Uint8Array(32))) {
    this.#seed = seed;
    this.publicKey = ed25519.getPublicKey(seed);
  }

  get hex(): string {
    return bytesToHex(this.publicKey);
  }

  /** The seed, for the page's own storage. */
  get seed(): string {
    return bytesToHex(this.#seed);
  }

  signSession(binding: Uint8Array): Uint8Array {
    return ed25519.sign(concatBytes(SIGNED_SESSION, binding), this.#seed);
  }

  signPost(group: string, id: string, said: Uint8Array): Uint8Array {
    return ed25519.sign(concatBytes(SIGNED_POST, hexToBytes(group), hexToBytes(id), said), this.#seed);
  }
}
