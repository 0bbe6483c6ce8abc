import { x25519 } from '@noble/curves/ed25519.js';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { describe, expect, it } from 'vitest';
import vectors from '../../../src-tauri/crates/glow-gateway/tests/guest_vectors.json';
import { openBlob, sealPiece } from '../../src/ipc/guest/bytes';
import { Opener, Sealer } from '../../src/ipc/guest/frames';
import { doorKeys, GuestKey, prove, sessionKeys } from '../../src/ipc/guest/keys';
import { encodeSaid, type What } from '../../src/ipc/guest/said';

const { session, guest } = vectors;
const door = doorKeys(hexToBytes(vectors.secret));
const both = { page: hexToBytes(vectors.page_public), door: hexToBytes(vectors.door_public) };
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** What the posts of the vectors say. */
const hash = hexToBytes('8ed7e848fbefa293ed31262b9fda0ab06231615a3932ba8acc026d2e9b30f37a');
const file = { hash, size: 3_000_000, capturedMs: 1_764_268_000_123, width: 4_032, height: 3_024 };
const SAID: What[] = [
  { file: { ...file, mediaType: 'image/jpeg', fileName: 'IMG 0001.jpg', caption: 'Füße im Sand\nund so weiter', asItIs: false } },
  { file: { ...file, mediaType: 'video/mp4', fileName: '', durationMs: 12_500, caption: '', asItIs: true } },
  { reaction: { moment: '66'.repeat(32), emoji: '❤️', on: true } },
  { retraction: '44'.repeat(16) },
];

describe('the wire of the guest door, as the engine has it', () => {
  it('derives the same keys', () => {
    expect(bytesToHex(x25519.getPublicKey(hexToBytes(vectors.page_private)))).toBe(vectors.page_public);
    expect([door.id, door.proof, door.root].map(bytesToHex)).toEqual([vectors.door_id, vectors.proof_key, vectors.session_root]);
    const keys = sessionKeys(door, hexToBytes(vectors.page_private), both);
    const { toDoor, toPage, bytes, id, binding } = keys;
    expect([toDoor, toPage, bytes, id, binding].map(bytesToHex)).toEqual([
      session.to_door,
      session.to_page,
      session.bytes,
      session.id,
      session.binding,
    ]);
  });

  it('proves the same', () => {
    expect(bytesToHex(prove('page', door, both))).toBe(vectors.proof_of_page);
    expect(bytesToHex(prove('door', door, both))).toBe(vectors.proof_of_door);
  });

  it('seals and opens the same frames', () => {
    const sealer = new Sealer(hexToBytes(session.to_door), hexToBytes(session.id));
    for (const { message, frame } of vectors.frames_to_door) expect(bytesToHex(sealer.seal(new TextEncoder().encode(message)))).toBe(frame);
    const opener = new Opener(hexToBytes(session.to_page), hexToBytes(session.id));
    for (const { message, frame } of vectors.frames_to_page) expect(text(opener.open(hexToBytes(frame)))).toBe(message);
  });

  it('seals the same pieces of files and opens the same blobs', () => {
    for (const { place, plain, nonce, body } of vectors.bytes)
      expect(bytesToHex(sealPiece(hexToBytes(session.bytes), place, hexToBytes(plain), hexToBytes(nonce)))).toBe(body);
    const { id, key, sealed, plain } = vectors.blob;
    expect(bytesToHex(openBlob(id, hexToBytes(key), hexToBytes(sealed)) ?? new Uint8Array())).toBe(plain);
    expect(openBlob(id, hexToBytes(key), hexToBytes(sealed).fill(0, 0, 1)), 'altered').toBeNull();
  });

  it('signs the same', () => {
    const key = new GuestKey(hexToBytes(guest.seed));
    expect(key.hex).toBe(guest.key);
    expect(bytesToHex(key.signSession(hexToBytes(session.binding)))).toBe(guest.session_proof);
    expect(guest.posts.length).toBe(SAID.length);
    for (const [at, post] of guest.posts.entries()) {
      const said = encodeSaid(post.name, post.time_ms, SAID[at] as What);
      expect(bytesToHex(said)).toBe(post.said);
      expect(bytesToHex(key.signPost(post.group, post.id, said))).toBe(post.signature);
    }
  });
});
