import type { MomentView } from '../ipc/contract';
import { saveBlob } from '../lib/save';

/** A ZIP is put together in this page's memory before it can be saved: phones give a page little more. */
export const MOST_ZIP_BYTES = 500_000_000;

type Read = (moment: MomentView, onBytes: (bytes: number) => void) => Promise<Blob>;

/** Puts originals into one ZIP file, one after another, and saves it. */
export async function saveZip(moments: readonly MomentView[], title: string, read: Read, onBytes: (done: number) => void): Promise<void> {
  const { downloadZip } = await import('client-zip');
  let before = 0;
  async function* files() {
    for (const [at, moment] of moments.entries()) {
      const input = await read(moment, (bytes) => onBytes(before + bytes));
      before += moment.size_bytes;
      onBytes(before);
      yield { name: nameInZip(moment, at), lastModified: new Date(moment.captured_at_ms), input };
    }
  }
  const blob = await downloadZip(files()).blob();
  saveBlob(blob, `${plain(title) || 'Afterglow'}.zip`);
}

/** Cameras count from one again and again: the number in front keeps names apart and in order. */
function nameInZip({ file_name, id }: MomentView, at: number): string {
  return `${String(at + 1).padStart(4, '0')} ${plain(file_name) || id.slice(0, 12)}`;
}

/** Without what some system allows in no file name. */
const plain = (name: string) =>
  name
    .replace(/[\\/:*?"<>|\p{Cc}]+/gu, ' ')
    .replace(/ +/g, ' ')
    .trim();
