/**
 * Recording a clip from the camera as a stream of bytes that only ever grows, so that it can go out while it is made. Knows
 * nothing of groups or the engine.
 */

/** A recording that is being made. */
export interface Recorder {
  /** Of the bytes, as a file would have it. */
  readonly mediaType: string;
  /** Ends it; all bytes were handed over when this resolves. */
  stop(): Promise<void>;
}

/** What takes the bytes, in order. */
export type Sink = (bytes: Blob) => void;

const SLICE_MS = 500;
/** A fragment begins with a whole picture: as often as this one can go out. */
const FRAGMENT_MS = 1_000;
/** A webview may claim that it records and yield nothing: bytes are the only proof. */
const PROOF_MS = 3_000;
/** Fragmented MP4 first: it plays in every browser that may look at it. */
const TYPES = [
  'video/mp4;codecs=avc1.42E01E,mp4a.40.2',
  'video/mp4;codecs=avc1.42E01E',
  'video/webm;codecs=vp8,opus',
  'video/webm;codecs=vp8',
  'video/webm',
];

/** Starts recording by the first way that yields bytes. */
export async function startRecording(stream: MediaStream, video: HTMLVideoElement, sink: Sink): Promise<Recorder> {
  const type = 'MediaRecorder' in window ? TYPES.find((candidate) => MediaRecorder.isTypeSupported(candidate)) : undefined;
  if (type !== undefined) {
    const recorder = await byMediaRecorder(stream, type, sink);
    if (recorder !== null) return recorder;
  }
  const { byWebCodecs } = await import('./recorder-webcodecs');
  return byWebCodecs(video, sink);
}

async function byMediaRecorder(stream: MediaStream, mimeType: string, sink: Sink): Promise<Recorder | null> {
  let recorder: MediaRecorder;
  try {
    recorder = new MediaRecorder(stream, { mimeType, videoKeyFrameIntervalDuration: FRAGMENT_MS } as MediaRecorderOptions);
  } catch {
    return null;
  }
  const ended = new Promise<void>((resolve) => recorder.addEventListener('stop', () => resolve(), { once: true }));
  const proof = new Promise<boolean>((resolve) => {
    const late = setTimeout(() => resolve(false), PROOF_MS);
    recorder.addEventListener('error', () => resolve(false), { once: true });
    recorder.addEventListener('dataavailable', ({ data }) => {
      if (data.size === 0) return;
      clearTimeout(late);
      sink(data);
      resolve(true);
    });
  });
  recorder.start(SLICE_MS);
  if (!(await proof)) {
    if (recorder.state !== 'inactive') recorder.stop();
    return null;
  }
  return {
    mediaType: mimeType.split(';')[0] ?? mimeType,
    stop: () => {
      if (recorder.state !== 'inactive') recorder.stop();
      return ended;
    },
  };
}
