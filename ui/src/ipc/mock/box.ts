import type { BoxView, Printing } from '../contract';
import { hex } from './world';

const MINUTE_MS = 60_000;

/** A venue box in the middle of its evening. */
export function boxOf(cameraPaused: boolean, now: number): BoxView {
  return {
    group: hex('a', 1),
    since_ms: now - 190 * MINUTE_MS,
    page: 'http://192.168.1.7:4810/',
    camera: {
      ftp: 'ftp://192.168.1.7:2121/',
      webdav: 'http://192.168.1.7:8021/',
      user: 'camera',
      password: 'k7mn4pqx2wzr',
      paused: cameraPaused,
      waiting: 2,
      posted: 214,
      already_there: 3,
      last_at_ms: now - 2 * MINUTE_MS,
      failures: [
        {
          name: 'IMG_4711.JPG',
          at_ms: now - 14 * MINUTE_MS,
          error: { code: 'damaged_file', args: {}, message: 'the file is cut short' },
        },
        {
          name: 'NOTES.TXT',
          at_ms: now - 95 * MINUTE_MS,
          error: { code: 'unknown_format', args: {}, message: 'not a photo or clip' },
        },
      ],
    },
  };
}

/** Its printer, after so many pages. */
export const printingOf = (pages: number): Printing => ({ printer: 'Selphy', pages, pages_a_day: 50, copies: 2 });
