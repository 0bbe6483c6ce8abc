import type { BundleReceipt, JobReceipt } from '../ipc/contract';
import { m } from '../paraglide/messages.js';
import { bytes, number } from './format';

/** What long work came to, in one sentence. */
export function outcome(receipt: JobReceipt): string {
  switch (receipt.of) {
    case 'export':
      return receipt.written === 0 && receipt.skipped > 0
        ? m.exported_nothing_new()
        : m.exported({ count: receipt.written, shown: number(receipt.written), size: bytes(receipt.bytes) });
    case 'bundle':
      return m.bundled({ count: receipt.blobs, shown: number(receipt.blobs), size: bytes(receipt.bytes) });
    case 'import':
      return m.imported({ count: receipt.added, shown: number(receipt.added) });
  }
}

/** What is to be said beside it. */
export function remark(receipt: JobReceipt): string[] {
  switch (receipt.of) {
    case 'export':
      return [
        receipt.skipped > 0 ? m.exported_skipped({ count: receipt.skipped, shown: number(receipt.skipped) }) : '',
        receipt.missing > 0 ? m.exported_missing({ count: receipt.missing, shown: number(receipt.missing) }) : '',
        m.exported_words({ words: receipt.words }),
      ].filter((line) => line !== '');
    case 'bundle':
      return receipt.missing > 0 ? [m.bundle_unread({ count: receipt.missing })] : [m.bundle_members_only()];
    case 'import':
      return [
        receipt.already_there > 0 ? m.upload_already_there({ count: receipt.already_there }) : '',
        receipt.failed > 0
          ? m.import_failed({
              count: receipt.failed,
              names: receipt.failures
                .slice(0, 3)
                .map(({ name }) => name)
                .join(', '),
            })
          : '',
      ].filter((line) => line !== '');
  }
}

/** What opening a bundle brought. */
export function opened(receipt: BundleReceipt): string {
  const news = receipt.operations_new + receipt.blobs_new;
  const brought =
    news === 0
      ? m.bundle_nothing_new()
      : m.bundle_opened({ count: receipt.blobs_new, shown: number(receipt.blobs_new), title: receipt.title });
  return receipt.complete && receipt.damaged === 0 ? brought : `${brought} ${m.bundle_broken()}`;
}
