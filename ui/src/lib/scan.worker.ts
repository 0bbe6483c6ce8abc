import decodeQR from 'qr/decode.js';
import type { ScanQuestion } from './scan';

addEventListener('message', ({ data }: MessageEvent<ScanQuestion>) => postMessage(textOf(data)));

function textOf(picture: ScanQuestion): string | null {
  try {
    return decodeQR(picture);
  } catch {
    // There is no code in the picture, or it cannot be read yet.
    return null;
  }
}
