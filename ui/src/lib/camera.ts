/**
 * The device's camera, as the capture screen uses it: opening, turning round, a still at full resolution. Never sends anything
 * and knows nothing of groups.
 */

export type Facing = 'environment' | 'user';

/** Why there is no picture: each has a sentence of its own on the screen. */
export type Trouble = 'denied' | 'absent' | 'busy' | 'unsupported';

const WANTED_WIDTH = 3840;
const WANTED_HEIGHT = 2160;
const VIEWFINDER_WIDTH = 1280;
const STILL_QUALITY = 0.95;

/** The part of `ImageCapture` that is used; not every webview has it. */
interface StillCapture {
  takePhoto(): Promise<Blob>;
}

declare global {
  interface Window {
    readonly ImageCapture?: new (track: MediaStreamTrack) => StillCapture;
  }
}

/** Opens the camera that looks that way, with sound where a microphone is allowed. */
export async function openCamera(facing: Facing): Promise<MediaStream> {
  const video = { facingMode: facing, width: { ideal: WANTED_WIDTH }, height: { ideal: WANTED_HEIGHT } };
  const devices = camerasHere();
  try {
    return await devices.getUserMedia({ video, audio: true });
  } catch (cause) {
    // A clip without sound is better than none: the microphone may be missing or refused alone.
    if (troubleOf(cause) === 'busy') throw cause;
    return await devices.getUserMedia({ video });
  }
}

/** Opens the camera to look through it alone: nobody is asked for the microphone. */
export async function openViewfinder(): Promise<MediaStream> {
  return await camerasHere().getUserMedia({ video: { facingMode: 'environment', width: { ideal: VIEWFINDER_WIDTH } } });
}

function camerasHere(): MediaDevices {
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (devices === undefined) throw new DOMException('no camera in this webview', 'NotSupportedError');
  return devices;
}

/** Whether there is another camera to turn to. */
export async function hasSeveral(): Promise<boolean> {
  const found = await navigator.mediaDevices.enumerateDevices();
  return found.filter(({ kind }) => kind === 'videoinput').length > 1;
}

export function troubleOf(cause: unknown): Trouble {
  const name = cause instanceof DOMException ? cause.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'absent';
  if (name === 'NotReadableError' || name === 'AbortError') return 'busy';
  return 'unsupported';
}

/** A still at the camera's own resolution; where the webview cannot ask for one, the frame that is shown. */
export async function takeStill(stream: MediaStream, video: HTMLVideoElement, now: Date): Promise<File> {
  const track = stream.getVideoTracks()[0];
  const still = (track && (await fromSensor(track))) ?? (await fromFrame(video));
  return new File([still], fileName(now, still.type), { type: still.type, lastModified: now.getTime() });
}

/** Light for dark places, where the camera has one. */
export function hasTorch(stream: MediaStream): boolean {
  const abilities = stream.getVideoTracks()[0]?.getCapabilities?.() as { torch?: boolean } | undefined;
  return abilities?.torch === true;
}

export async function setTorch(stream: MediaStream, on: boolean): Promise<void> {
  await stream.getVideoTracks()[0]?.applyConstraints({ advanced: [{ torch: on } as MediaTrackConstraintSet] });
}

/** `IMG_20261122_184501.jpg`, as cameras name their files. */
export function fileName(now: Date, type: string): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  return `${type.startsWith('video/') ? 'VID' : 'IMG'}_${day}_${time}.${ending(type)}`;
}

function ending(type: string): string {
  const kind = type.split(';')[0]?.split('/')[1] ?? '';
  return kind === 'jpeg' ? 'jpg' : kind;
}

async function fromSensor(track: MediaStreamTrack): Promise<Blob | null> {
  const Capture = window.ImageCapture;
  if (Capture === undefined) return null;
  try {
    const blob = await new Capture(track).takePhoto();
    return blob.size > 0 && blob.type.startsWith('image/') ? blob : null;
  } catch {
    // Some drivers announce stills and refuse them; the frame is there all the same.
    return null;
  }
}

/** The frame that is shown. The camera itself is left alone: asked for a still, it may start a recording anew. */
export function fromFrame(video: HTMLVideoElement): Promise<Blob> {
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext('2d')?.drawImage(video, 0, 0);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new DOMException('no frame', 'NotReadableError'))), 'image/jpeg', STILL_QUALITY);
  });
}
