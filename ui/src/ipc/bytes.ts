import type { BundleReceipt, ClipReceipt, ClipTarget, MediaPart, PostReceipt, UploadTarget } from './contract';
import { Failure, type Taking, toFailure } from './host';

/** The address of a part under a host's base address. */
export function mediaUrl(base: string, group: string, moment: string, part: MediaPart): string {
  return `${base}media/${encodeURIComponent(group)}/${encodeURIComponent(moment)}/${part}`;
}

/** The address that takes a file. */
export function uploadUrl(base: string, target: UploadTarget): string {
  return `${base}upload?${query(target)}`;
}

/** The address that takes the next bytes of a recording. */
export function clipUrl(base: string, target: ClipTarget): string {
  return `${base}clip?${query(target)}`;
}

/** The address that gives an album as a ZIP, a web album in one, or a bundle. */
export function takingUrl(base: string, group: string, taking: Taking): string {
  const album = `${base}album/${encodeURIComponent(group)}`;
  if (taking.what === 'export') return `${album}/${taking.format === 'web' ? 'web' : 'zip'}`;
  const { whole, previews_only, lacked_by } = taking.wish;
  return `${album}/bundle?${query({ whole, previews_only, lacked_by: lacked_by[0] })}`;
}

/** Sends a bundle to be merged. */
export function putBundle(base: string, file: File, onProgress: (part: number) => void, signal: AbortSignal): Promise<BundleReceipt> {
  return put<BundleReceipt>(`${base}bundle`, file, onProgress, signal);
}

function query(target: object): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(target)) {
    if (value !== undefined) query.set(name, String(value));
  }
  return query;
}

/** Sends the next bytes of a recording as the raw body of a PUT. */
export async function putClip(url: string, bytes: Blob): Promise<ClipReceipt> {
  const reply = await fetch(url, { method: 'PUT', body: bytes, headers: { 'content-type': 'application/octet-stream' } }).catch(() => {
    throw new Failure('unreachable', 'the connection to the engine broke');
  });
  if (reply.status === 401) throw new Failure('signed_out', 'the session is over');
  const body: unknown = await reply.json().catch(() => null);
  if (!reply.ok) throw toFailure(body ?? new Error(`clip answered ${reply.status}`));
  return body as ClipReceipt;
}

/** Sends a file into a group. */
export function putFile(url: string, file: File, onProgress: (part: number) => void, signal: AbortSignal): Promise<PostReceipt> {
  return put<PostReceipt>(url, file, onProgress, signal);
}

/** Sends a file as the raw body of a PUT; XMLHttpRequest because fetch does not tell how far a body is. */
function put<T>(url: string, file: File, onProgress: (part: number) => void, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(new Failure('cancelled', 'the upload was cancelled'));
      return;
    }
    const request = new XMLHttpRequest();
    request.open('PUT', url);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.upload.onprogress = (event) => onProgress(event.lengthComputable && event.total > 0 ? event.loaded / event.total : 0);
    request.onload = () => {
      try {
        const reply: unknown = JSON.parse(request.responseText);
        if (request.status === 200) resolve(reply as T);
        else reject(request.status === 401 ? new Failure('signed_out', 'the session is over') : toFailure(reply));
      } catch {
        reject(new Failure('internal', `upload answered ${request.status} without JSON`));
      }
    };
    request.onerror = () => reject(new Failure('unreachable', 'the connection to the engine broke'));
    request.onabort = () => reject(new Failure('cancelled', 'the upload was cancelled'));
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(file);
  });
}
