import { Failure } from '../host';

/** A WebSocket that does not open within this is blocked on the way: server-sent events then. */
const OPEN_MS = 5_000;
const TRIES = 3;

/** Frames both ways. */
export interface Stream {
  readonly way: 'socket' | 'events';
  listen(onframe: (frame: Uint8Array) => void, onend: () => void): void;
  send(frame: Uint8Array<ArrayBuffer>): void;
  close(): void;
}

/** Whether a WebSocket has failed where events did not: it is not tried again by this page. */
let hasNoSocket = false;

/** Opens the two directions of a session: by WebSocket, or where that does not come through by events and POST. */
export async function openStream(base: string, signal: AbortSignal): Promise<Stream> {
  if (!hasNoSocket && typeof WebSocket === 'function') {
    const socket = await openSocket(`${base.replace(/^http/, 'ws')}socket`, signal);
    if (socket !== null) return new SocketStream(socket);
  }
  const stream = new EventStream(await openEvents(`${base}events`, signal), base);
  hasNoSocket = true;
  return stream;
}

function openSocket(url: string, signal: AbortSignal): Promise<WebSocket | null> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    const settle = (opened: boolean) => {
      clearTimeout(timer);
      socket.onopen = socket.onerror = null;
      if (!opened) socket.close();
      resolve(opened ? socket : null);
    };
    const timer = setTimeout(() => settle(false), OPEN_MS);
    socket.onopen = () => settle(true);
    socket.onerror = () => settle(false);
    signal.addEventListener('abort', () => settle(false), { once: true });
  });
}

function openEvents(url: string, signal: AbortSignal): Promise<EventSource> {
  return new Promise((resolve, reject) => {
    const source = new EventSource(url);
    const fail = () => {
      clearTimeout(timer);
      source.close();
      reject(new Failure('unreachable', 'the door sends nothing'));
    };
    const timer = setTimeout(fail, OPEN_MS);
    source.onopen = () => {
      clearTimeout(timer);
      resolve(source);
    };
    source.onerror = fail;
    signal.addEventListener('abort', fail, { once: true });
  });
}

class SocketStream implements Stream {
  readonly way = 'socket';
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  listen(onframe: (frame: Uint8Array) => void, onend: () => void): void {
    this.#socket.onmessage = ({ data }) => onframe(new Uint8Array(data as ArrayBuffer));
    this.#socket.onclose = onend;
    if (this.#socket.readyState === WebSocket.CLOSED) onend();
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(frame);
  }

  close(): void {
    this.#socket.onclose = this.#socket.onmessage = null;
    this.#socket.close();
  }
}

class EventStream implements Stream {
  readonly way = 'events';
  readonly #source: EventSource;
  readonly #base: string;
  /** Frames go one after another: the door takes them in order only. */
  #last: Promise<void> = Promise.resolve();
  #closed = false;
  #onend: () => void = () => {};

  constructor(source: EventSource, base: string) {
    this.#source = source;
    this.#base = base;
  }

  listen(onframe: (frame: Uint8Array) => void, onend: () => void): void {
    this.#onend = onend;
    this.#source.onmessage = ({ data }) => onframe(Uint8Array.from(atob(String(data)), (letter) => letter.charCodeAt(0)));
    // It would come back by itself, but the session has ended with it.
    this.#source.onerror = () => {
      this.#source.close();
      onend();
    };
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    this.#last = this.#last.then(() => this.#post(frame)).catch(() => this.#closed || this.#onend()) as Promise<void>;
  }

  /** A frame that may have come is sent again: the door says that it has it. */
  async #post(frame: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.#closed) return;
    const headers = { 'content-type': 'application/octet-stream' };
    for (let attempt = 1; ; attempt += 1) {
      const reply = await fetch(`${this.#base}send`, { method: 'POST', headers, body: frame, credentials: 'omit' }).catch(() => null);
      const isThere = reply !== null && (reply.ok || (attempt > 1 && reply.status === 409));
      if (isThere) return;
      if (reply !== null || attempt === TRIES) throw new Failure('unreachable', 'the door takes nothing');
    }
  }

  close(): void {
    this.#closed = true;
    this.#source.onmessage = this.#source.onerror = null;
    this.#source.close();
  }
}
