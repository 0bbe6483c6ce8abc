import { rgbaToThumbHash } from 'thumbhash';
import type { Previews } from '../ipc/guest/parcel';

const GRID_SIDE = 320;
const SCREEN_SIDE = 1_600;
const HASH_SIDE = 100;
/** As the engine's own previews: what a quality makes of most photos, and what none may exceed. */
const GRID_BYTES = { aim: 60 * 1024, most: 128 * 1024 };
const SCREEN_BYTES = { aim: 600 * 1024, most: 1024 * 1024 };
const QUALITIES = [0.86, 0.78, 0.68, 0.55, 0.4, 0.25];
/** A clip that shows no frame within this time goes without a picture. */
const FRAME_MS = 6_000;

/** Draws the previews of a photo or a clip; nothing where this browser cannot read it. */
export async function drawPreviews(file: Blob, kind: 'photo' | 'clip'): Promise<Previews | null> {
  const url = URL.createObjectURL(file);
  try {
    return kind === 'photo' ? await ofPhoto(url) : await ofClip(url);
  } catch {
    return null;
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** By an image and not a bitmap: every browser turns an image as its camera was held. */
async function ofPhoto(url: string): Promise<Previews> {
  const image = new Image();
  image.src = url;
  await image.decode();
  return draw(image, image.naturalWidth, image.naturalHeight);
}

async function ofClip(url: string): Promise<Previews> {
  const video = document.createElement('video');
  video.muted = true;
  video.playsInline = true;
  video.preload = 'auto';
  try {
    await heard(video, 'loadeddata', () => {
      video.src = url;
    });
    await heard(video, 'seeked', () => {
      video.currentTime = Math.min(0.5, video.duration / 4 || 0);
    });
    const drawn = await draw(video, video.videoWidth, video.videoHeight);
    return Number.isFinite(video.duration) ? { ...drawn, durationMs: Math.round(video.duration * 1_000) } : drawn;
  } finally {
    video.removeAttribute('src');
    video.load();
  }
}

function heard(video: HTMLVideoElement, event: string, begin: () => void): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const fail = () => reject(new Error(`no ${event}`));
    const timer = setTimeout(fail, FRAME_MS);
    video.addEventListener(event, () => resolve(), { once: true });
    video.addEventListener('error', fail, { once: true });
    video.addEventListener(event, () => clearTimeout(timer), { once: true });
    begin();
  });
}

async function draw(source: CanvasImageSource, width: number, height: number): Promise<Previews> {
  if (width === 0 || height === 0) throw new Error('there is no picture in it');
  // From large to small: each step halves at most, which keeps fine lines from flickering.
  const screen = scaled(source, width, height, SCREEN_SIDE);
  const half = scaled(screen, screen.width, screen.height, GRID_SIDE * 2);
  const grid = scaled(half, half.width, half.height, GRID_SIDE);
  const tiny = scaled(grid, grid.width, grid.height, HASH_SIDE);
  const { data } = context(tiny).getImageData(0, 0, tiny.width, tiny.height);
  return {
    width,
    height,
    placeholder: Uint8Array.from(rgbaToThumbHash(tiny.width, tiny.height, data)),
    grid: await jpeg(grid, GRID_BYTES),
    screen: await jpeg(screen, SCREEN_BYTES),
  };
}

function scaled(source: CanvasImageSource, width: number, height: number, side: number): HTMLCanvasElement {
  const scale = Math.min(1, side / Math.max(width, height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const pen = context(canvas);
  // JPEG knows no transparency: what shines through is white, not black.
  pen.fillStyle = '#fff';
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas;
}

function context(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const pen = canvas.getContext('2d');
  if (pen === null) throw new Error('this browser draws nothing');
  return pen;
}

async function jpeg(canvas: HTMLCanvasElement, bytes: { aim: number; most: number }): Promise<ArrayBuffer> {
  let best: Blob | null = null;
  for (const quality of QUALITIES) {
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', quality));
    if (blob === null) throw new Error('this browser writes no JPEG');
    if (blob.size <= bytes.most) best ??= blob;
    if (blob.size <= bytes.aim) return blob.arrayBuffer();
  }
  if (best === null) throw new Error('the picture is too detailed for a preview');
  return best.arrayBuffer();
}
