import type { AlbumView, BundleWish, JobView, ShareView } from '../contract';
import type { Album } from './world';

const MB = 1_000_000;

/** What a seeded album is, and how much of it is here. */
export function albumOf({ view, seeds }: Album): AlbumView {
  const lacking = view.missing_count;
  const album = '4c1f0e'.repeat(11).slice(0, 64);
  return {
    fingerprint: {
      fingerprint: lacking === 0 ? album : 'b07e12'.repeat(11).slice(0, 64),
      words: lacking === 0 ? 'harmony island quiet' : 'sunset coffee garden',
      album,
      album_words: 'harmony island quiet',
      operations: seeds.length * 2 + 6,
      blobs: seeds.length * 3,
      lacking,
      lacking_bytes: lacking * 4 * MB,
    },
    moments: seeds.length,
    originals: seeds.length - lacking,
    original_bytes: (seeds.length - lacking) * 4 * MB,
    previews_only: lacking,
    nothing_here: 0,
  };
}

/** What a bundle of it would hold. */
export function shareOf({ seeds }: Album, { whole, lacked_by, previews_only }: BundleWish): ShareView {
  const moments = whole ? seeds.length : Math.min(seeds.length, lacked_by.length > 0 ? 14 : 62);
  return { moments, operations: moments * 2 + 6, blobs: moments * 3, bytes: moments * (previews_only ? MB / 5 : 4.2 * MB) };
}

/** Long work in each of its states. */
export function jobOf(kind: JobView['kind'], part: number, album: AlbumView): JobView {
  const total = album.moments;
  const running = {
    kind,
    state: 'running' as const,
    done: Math.round(total * part),
    total,
    bytes: Math.round(album.original_bytes * part),
  };
  if (part < 1) return running;
  const exported = {
    of: 'export' as const,
    written: album.originals,
    skipped: 0,
    previews_only: album.previews_only,
    missing: album.previews_only,
    bytes: album.original_bytes,
    fingerprint: album.fingerprint.fingerprint,
    words: album.fingerprint.words,
  };
  const receipts = {
    export: exported,
    immich: exported,
    bundle: { of: 'bundle' as const, operations: total * 2, blobs: total * 3, missing: 0, bytes: album.original_bytes },
    import: { of: 'import' as const, added: 84, already_there: 3, captions: 12, failed: 0, failures: [] },
  };
  return { ...running, state: 'done', receipt: receipts[kind] };
}
