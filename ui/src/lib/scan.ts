/** Reads QR codes in pictures of a camera. The decoder comes with the worker, which is started when the first picture is looked at. */

export interface ScanQuestion {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

/** A code from the other side of a table is still large enough in a picture of this size. */
const MOST_PIXELS = 1_280;

export type Scanned = 'invite' | 'guests' | 'other';

/** What a code is for: an invite into a group, the door of its guests, which is a page on a network, or nothing of ours. */
export function kindOf(text: string): Scanned {
  if (/^afterglow:\/\/join\/./i.test(text)) return 'invite';
  return /^http:\/\/[^/]+\/g#./i.test(text) ? 'guests' : 'other';
}

export class Scanner {
  readonly #worker = new Worker(new URL('./scan.worker.ts', import.meta.url), { type: 'module' });
  readonly #canvas = document.createElement('canvas');
  #answer: (text: string | null) => void = () => {};
  #fail: (cause: unknown) => void = () => {};

  constructor() {
    this.#worker.addEventListener('message', ({ data }: MessageEvent<string | null>) => this.#answer(data));
    this.#worker.addEventListener('error', () => this.#fail(new DOMException('the decoder does not run here', 'NotSupportedError')));
  }

  /** The text of the code that is seen now, one picture at a time. */
  read(video: HTMLVideoElement): Promise<string | null> {
    const picture = this.#picture(video);
    if (picture === null) return Promise.resolve(null);
    const { width, height, data } = picture;
    const question: ScanQuestion = { width, height, data };
    return new Promise((resolve, reject) => {
      this.#answer = resolve;
      this.#fail = reject;
      this.#worker.postMessage(question, [data.buffer]);
    });
  }

  close(): void {
    this.#worker.terminate();
  }

  #picture(video: HTMLVideoElement): ImageData | null {
    const scale = Math.min(1, MOST_PIXELS / Math.max(video.videoWidth, video.videoHeight, 1));
    const width = Math.round(video.videoWidth * scale);
    const height = Math.round(video.videoHeight * scale);
    const canvas = this.#canvas;
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (width === 0 || height === 0 || context === null) return null;
    canvas.width = width;
    canvas.height = height;
    context.drawImage(video, 0, 0, width, height);
    return context.getImageData(0, 0, width, height);
  }
}
