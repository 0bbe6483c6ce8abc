import { saveFile } from '../lib/save';
import { clipUrl, mediaUrl, putBundle, putClip, putFile, takingUrl, uploadUrl } from './bytes';
import type { Calls, Event } from './contract';
import { Failure, type Host, type Taking, toFailure } from './host';

const SESSION = 'afterglow-session';
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 8_000;

/**
 * Opens the owner's page: trades the one-time token of the address for a session, or goes on with the one this tab has.
 * Fails with `signed_out` when there is neither.
 */
export async function openHttp(): Promise<Host> {
  const token = takeToken();
  const session = token === null ? sessionStorage.getItem(SESSION) : await signIn(token);
  if (session === null) throw new Failure('signed_out', 'the page was opened without a token');
  sessionStorage.setItem(SESSION, session);
  return new HttpHost(new URL(`/${encodeURIComponent(session)}/`, location.origin).href);
}

/** Where an address with a token may lead; everything else is home. */
const PLACES = /^(?:box|(?:screen|group)\/[0-9a-f]{1,128})$/;

/** Reads the token and removes it from the address bar and the history at once. */
function takeToken(): string | null {
  const said = new URLSearchParams(location.hash.slice(1));
  const token = said.get('token');
  const to = said.get('to') ?? '';
  if (token !== null) history.replaceState(null, '', `${location.pathname}${location.search}#/${PLACES.test(to) ? to : ''}`);
  return token;
}

async function signIn(token: string): Promise<string | null> {
  const reply = await send('/session', { token });
  if (reply.status === 401 || reply.status === 403) return sessionStorage.getItem(SESSION);
  if (!reply.ok) throw toFailure(await reply.json().catch(() => null));
  const { session } = (await reply.json()) as { session: string };
  return session;
}

async function send(url: string, body: unknown): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  try {
    return await fetch(url, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      cache: 'no-store',
    });
  } catch {
    throw new Failure('unreachable', 'the engine does not answer');
  }
}

class HttpHost implements Host {
  readonly kind = 'http';
  readonly takes = 'download';
  readonly #base: string;

  constructor(base: string) {
    this.#base = base;
  }

  async call<Name extends keyof Calls>(name: Name, args: Calls[Name]['args']): Promise<Calls[Name]['reply']> {
    const reply = await send(`${this.#base}call`, { call: name, args });
    if (reply.status === 401) throw signedOut();
    const body: unknown = await reply.json().catch(() => null);
    if (!reply.ok) throw toFailure(body ?? new Error(`${name} answered ${reply.status}`));
    return body as Calls[Name]['reply'];
  }

  events(listener: (event: Event) => void, link: (up: boolean) => void = () => {}): () => void {
    const url = `${this.#base}events`.replace(/^http/, 'ws');
    let socket: WebSocket | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let retryMs = FIRST_RETRY_MS;
    let opened = false;
    let closed = false;

    const open = () => {
      socket = new WebSocket(url);
      socket.onopen = () => {
        retryMs = FIRST_RETRY_MS;
        link(true);
        if (opened) listener({ event: 'lagged' });
        opened = true;
      };
      socket.onmessage = (message) => listener(JSON.parse(String(message.data)) as Event);
      socket.onclose = () => {
        if (closed) return;
        link(false);
        timer = setTimeout(open, retryMs * (0.75 + Math.random() / 2));
        retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
      };
    };
    open();
    return () => {
      closed = true;
      clearTimeout(timer);
      socket?.close();
    };
  }

  mediaUrl(group: string, moment: string, part: Parameters<Host['mediaUrl']>[2]): string {
    return mediaUrl(this.#base, group, moment, part);
  }

  /** The browser downloads it, shows how far it is, and names it as the engine says. */
  async takeHome(group: string, taking: Taking): ReturnType<Host['takeHome']> {
    await saveFile(takingUrl(this.#base, group, taking), '');
    return {};
  }

  openBundle(...[file, onProgress, signal]: Parameters<Host['openBundle']>): ReturnType<Host['openBundle']> {
    return putBundle(this.#base, file, onProgress, signal);
  }

  record(...[bytes, target]: Parameters<Host['record']>): ReturnType<Host['record']> {
    return putClip(clipUrl(this.#base, target), bytes);
  }

  upload(...[file, target, onProgress, signal]: Parameters<Host['upload']>): ReturnType<Host['upload']> {
    return putFile(uploadUrl(this.#base, target), file, onProgress, signal);
  }
}

function signedOut(): Failure {
  sessionStorage.removeItem(SESSION);
  return new Failure('signed_out', 'the session is over');
}
