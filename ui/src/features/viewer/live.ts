/** How far behind the newest picture a viewer may fall before it hurries, and before it jumps, in seconds. */
const HURRY_BEHIND = 1.6;
const JUMP_BEHIND = 4;
/** Where a jump lands, behind the newest picture: enough for the next fragment to come. */
const CUSHION = 0.7;
/** What was watched longer ago than this leaves the player; the engine keeps it. In seconds. */
const KEEP = 120;
const HURRY_RATE = 1.15;
const INIT_BYTES = 64 * 1024;

export interface LiveSource {
  /** The address of the clip's bytes. */
  readonly url: string;
  readonly mediaType: string;
}

export interface LiveEvents {
  /** Seconds between what is shown and the newest picture here. */
  ondelay: (seconds: number) => void;
  /** All bytes of the recording are here, or nothing more comes. */
  onend: () => void;
  /** This player cannot: the address is to be played as it is. */
  onfallback: () => void;
}

/** Plays a clip while it is recorded, from its newest pictures on. Answers how to stop. */
export function playLive(video: HTMLVideoElement, source: LiveSource, events: LiveEvents): () => void {
  const stop = new AbortController();
  const media = new MediaSource();
  const address = URL.createObjectURL(media);
  video.src = address;
  const timer = setInterval(() => keepUp(video, events), 250);
  media.addEventListener(
    'sourceopen',
    () => {
      pump(video, media, source, stop.signal)
        .then(() => {
          if (media.readyState === 'open') media.endOfStream();
          events.onend();
        })
        .catch(() => {
          if (!stop.signal.aborted) events.onfallback();
        });
    },
    { once: true },
  );
  return () => {
    stop.abort();
    clearInterval(timer);
    URL.revokeObjectURL(address);
  };
}

/** Whether this webview can play anything piece by piece. Of what type, only the clip's beginning tells: browsers want its codecs. */
export function canPlayLive(): boolean {
  return typeof MediaSource !== 'undefined';
}

async function pump(video: HTMLVideoElement, media: MediaSource, { url, mediaType }: LiveSource, signal: AbortSignal): Promise<void> {
  const reply = await fetch(url, { signal, cache: 'no-store' });
  if (!reply.ok || reply.body === null) throw new Error(`the clip answered ${reply.status}`);
  const reader = reply.body.getReader();
  let head = new Uint8Array();
  let buffer: SourceBuffer | null = null;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    if (buffer !== null) {
      await append(video, buffer, value, signal);
      continue;
    }
    head = joined(head, value);
    const type = typeOf(mediaType, head);
    if (type === null && head.length < INIT_BYTES) continue;
    if (type === null || !MediaSource.isTypeSupported(type)) throw new Error('nothing is known to play this');
    buffer = media.addSourceBuffer(type);
    await append(video, buffer, head, signal);
  }
}

async function append(video: HTMLVideoElement, buffer: SourceBuffer, bytes: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<void> {
  await settled(buffer, signal, () => buffer.appendBuffer(bytes));
  const { buffered } = buffer;
  if (buffered.length === 0) return;
  const [start, end] = [buffered.start(0), buffered.end(buffered.length - 1)];
  // What joins late begins where the first fragment does that came.
  if (video.currentTime < start) video.currentTime = start;
  if (video.currentTime - start > 2 * KEEP) await settled(buffer, signal, () => buffer.remove(start, video.currentTime - KEEP));
  if (video.paused && video.currentTime === start && end > start) void video.play().catch(() => {});
}

function settled(buffer: SourceBuffer, signal: AbortSignal, act: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = new AbortController();
    const end = (settle: () => void) => () => {
      done.abort();
      settle();
    };
    buffer.addEventListener('updateend', end(resolve), { signal: done.signal });
    buffer.addEventListener(
      'error',
      end(() => reject(new Error('the player refused a fragment'))),
      { signal: done.signal },
    );
    signal.addEventListener(
      'abort',
      end(() => reject(new Error('stopped'))),
      { signal: done.signal },
    );
    act();
  });
}

/** Stays near the newest picture while the clip plays; whoever pauses or goes back is left alone. */
function keepUp(video: HTMLVideoElement, events: LiveEvents): void {
  const { buffered } = video;
  if (buffered.length === 0) return;
  const behind = Math.max(0, buffered.end(buffered.length - 1) - video.currentTime);
  events.ondelay(behind);
  if (video.paused || video.seeking || video.dataset.left === 'true') return;
  if (behind > JUMP_BEHIND) video.currentTime = buffered.end(buffered.length - 1) - CUSHION;
  video.playbackRate = behind > HURRY_BEHIND ? HURRY_RATE : 1;
}

/** The type with its codecs, as its beginning tells; nothing while that is not told. */
export function typeOf(mediaType: string, head: Uint8Array): string | null {
  const text = new TextDecoder('latin1').decode(head.subarray(0, INIT_BYTES));
  const codecs = mediaType === 'video/webm' || mediaType === 'video/x-matroska' ? matroska(text) : movie(text);
  if (codecs.length === 0) return null;
  const container = mediaType.endsWith('webm') || mediaType.endsWith('matroska') ? 'video/webm' : 'video/mp4';
  return `${container}; codecs="${codecs.join(',')}"`;
}

function matroska(text: string): string[] {
  // Tracks stand before the first cluster: until that is there, a track may follow.
  if (!text.includes('\x1f\x43\xb6\x75')) return [];
  const known: Record<string, string> = {
    V_VP8: 'vp8',
    V_VP9: 'vp9',
    V_AV1: 'av01.0.08M.08',
    'V_MPEG4/ISO/AVC': 'avc1.640028',
    A_OPUS: 'opus',
    A_VORBIS: 'vorbis',
  };
  return Object.entries(known).flatMap(([id, codec]) => (text.includes(id) ? [codec] : []));
}

function movie(text: string): string[] {
  if (!text.includes('moof')) return [];
  const hex = (at: number) => text.charCodeAt(at).toString(16).padStart(2, '0');
  const avc = text.indexOf('avcC');
  const video = avc >= 0 ? [`avc1.${hex(avc + 5)}${hex(avc + 6)}${hex(avc + 7)}`] : other(text);
  const sound = text.includes('mp4a') ? ['mp4a.40.2'] : text.includes('Opus') ? ['opus'] : [];
  return video.length === 0 ? [] : [...video, ...sound];
}

function other(text: string): string[] {
  if (text.includes('vpcC')) return ['vp09.00.40.08'];
  if (text.includes('av1C')) return ['av01.0.08M.08'];
  return text.includes('hvcC') ? ['hvc1.1.6.L120.90'] : [];
}

function joined(a: Uint8Array<ArrayBuffer>, b: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
