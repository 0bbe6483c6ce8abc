/**
 * Recording where the webview's own recorder yields nothing (WebKitGTK): frames are drawn on a canvas and encoded by WebCodecs.
 * Loaded when it is needed. Without sound, since no such webview hands out the microphone's samples.
 */

import {
  CanvasSource,
  getFirstEncodableVideoCodec,
  Mp4OutputFormat,
  Output,
  StreamTarget,
  type StreamTargetChunk,
  WebMOutputFormat,
} from 'mediabunny';
import type { Recorder, Sink } from './recorder';

const MOST_PIXELS = 1280;
const FRAME_MS = 1000 / 30;
const BITRATE = 4_000_000;
const FRAGMENT_S = 0.9;

export async function byWebCodecs(video: HTMLVideoElement, sink: Sink): Promise<Recorder> {
  // WebKitGTK's web process ends without this: it starts its media framework on the first question about a codec.
  video.canPlayType('video/mp4');
  const canvas = document.createElement('canvas');
  const scale = Math.min(1, MOST_PIXELS / Math.max(video.videoWidth, video.videoHeight));
  canvas.width = even(video.videoWidth * scale);
  canvas.height = even(video.videoHeight * scale);
  const codec = await getFirstEncodableVideoCodec(['avc', 'vp8', 'vp9'], { width: canvas.width, height: canvas.height });
  if (codec === null) throw new DOMException('no encoder', 'NotSupportedError');
  const format =
    codec === 'avc'
      ? new Mp4OutputFormat({ fastStart: 'fragmented', minimumFragmentDuration: FRAGMENT_S })
      : new WebMOutputFormat({ appendOnly: true, minimumClusterDuration: FRAGMENT_S });
  const output = new Output({ format, target: new StreamTarget(inOrder(sink)) });
  const source = new CanvasSource(canvas, { codec, bitrate: BITRATE, keyFrameInterval: 1, latencyMode: 'realtime' });
  output.addVideoTrack(source, { frameRate: 30 });
  await output.start();
  const stop = filming(video, canvas, source);
  return {
    mediaType: format.mimeType,
    stop: async () => {
      await stop();
      await output.finalize();
    },
  };
}

/** Draws and encodes frames until it is told to stop; a frame that comes while the encoder is busy is left out. */
function filming(video: HTMLVideoElement, canvas: HTMLCanvasElement, source: CanvasSource): () => Promise<void> {
  const context = canvas.getContext('2d');
  const start = performance.now();
  let encoding: Promise<void> | null = null;
  const timer = setInterval(() => {
    if (encoding !== null) return;
    context?.drawImage(video, 0, 0, canvas.width, canvas.height);
    encoding = source.add((performance.now() - start) / 1000, FRAME_MS / 1000).finally(() => (encoding = null));
  }, FRAME_MS);
  return async () => {
    clearInterval(timer);
    await encoding;
  };
}

/** Both formats only ever append; anything else could not go out while it is made. */
function inOrder(sink: Sink): WritableStream<StreamTargetChunk> {
  let length = 0;
  return new WritableStream({
    write({ data, position }) {
      if (position !== length) throw new Error('the recording is not append-only');
      length += data.byteLength;
      sink(new Blob([data]));
    },
  });
}

const even = (value: number) => Math.max(2, Math.round(value / 2) * 2);
