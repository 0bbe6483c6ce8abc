// @vitest-environment jsdom
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Event } from '../src/ipc/contract';
import { openHttp } from '../src/ipc/http';

// Vitest resolves packages as a browser would, and there is no server in a browser's `ws`.
const { WebSocket: Socket, WebSocketServer } = createRequire(import.meta.url)('ws') as typeof import('ws');

const TOKEN = 'one-time';
const SESSION = 'abc';

/** A node as the page sees it: sessions, calls, events and bytes. */
class Node {
  readonly server: Server = createServer((request, response) => void this.#answer(request, response));
  readonly sockets: InstanceType<typeof Socket>[] = [];
  readonly seen: { method: string; url: string; body: string }[] = [];
  open = true;
  used = false;

  async listen(): Promise<string> {
    const events = new WebSocketServer({ server: this.server, path: `/${SESSION}/events` });
    events.on('connection', (socket) => this.sockets.push(socket));
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    for (const socket of this.sockets) socket.terminate();
    this.server.closeAllConnections();
    this.server.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const { method = '', url = '' } = request;
    this.seen.push({ method, url, body });
    const [status, reply] = this.#reply(method, url, body);
    response.writeHead(status, {
      'content-type': 'application/json',
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'PUT',
      'access-control-allow-headers': '*',
    });
    response.end(JSON.stringify(reply));
  }

  #reply(method: string, url: string, body: string): [number, unknown] {
    if (url === '/session') {
      if (this.used || JSON.parse(body).token !== TOKEN) return [401, {}];
      this.used = true;
      return [200, { session: SESSION }];
    }
    if (!this.open || !url.startsWith(`/${SESSION}/`)) return [401, {}];
    if (method === 'OPTIONS') return [200, {}];
    if (method === 'PUT') return [200, { moments: ['m1'], already_there: 0, waiting: 0, failures: [] }];
    const { call } = JSON.parse(body);
    if (call === 'group.list') return [200, { groups: [] }];
    return [404, { code: 'unknown_group', args: { id: 'x' }, message: 'there is no such group' }];
  }
}

describe('http host', () => {
  let node: Node;

  beforeEach(async () => {
    node = new Node();
    const origin = await node.listen();
    visit(origin, `#token=${TOKEN}`);
  });

  afterEach(() => {
    node.close();
    sessionStorage.clear();
    vi.unstubAllGlobals();
  });

  function visit(origin: string, hash: string) {
    const base = globalThis.fetch;
    vi.stubGlobal('WebSocket', Socket);
    vi.stubGlobal('location', { origin, hash, pathname: '/', search: '' });
    vi.stubGlobal('history', {
      replaceState: vi.fn((_: unknown, __: string, url: string) => Object.assign(location, { hash: url.slice(url.indexOf('#')) })),
    });
    vi.stubGlobal('fetch', (url: string, init: RequestInit) => base(new URL(url, origin), init));
    return origin;
  }

  it('trades the token for a session and takes it out of the address at once', async () => {
    await openHttp();
    expect(location.hash).toBe('#/');
    expect(sessionStorage.getItem('afterglow-session')).toBe(SESSION);
    expect(node.seen[0]).toEqual({ method: 'POST', url: '/session', body: `{"token":"${TOKEN}"}` });
  });

  it.each([
    ['screen/a1', '#/screen/a1'],
    ['box', '#/box'],
    ['//evil.example', '#/'],
    ['settings', '#/'],
  ])('leads from a token to %s only where that is a place for it', async (to, hash) => {
    location.hash = `#token=${TOKEN}&to=${to}`;
    await openHttp();
    expect(location.hash).toBe(hash);
  });

  it('goes on with the session of the tab, also when a used token is still in the address', async () => {
    await openHttp();
    location.hash = '#/group/a1';
    await (await openHttp()).call('group.list', {});
    location.hash = `#token=${TOKEN}`;
    await (await openHttp()).call('group.list', {});
  });

  it('says that the page must be opened with a token when there is none', async () => {
    location.hash = '';
    await expect(openHttp()).rejects.toMatchObject({ code: 'signed_out' });
    location.hash = '#token=wrong';
    await expect(openHttp()).rejects.toMatchObject({ code: 'signed_out' });
  });

  it('sends requests as the contract spells them', async () => {
    const host = await openHttp();
    expect(await host.call('group.list', {})).toEqual({ groups: [] });
    expect(node.seen.at(-1)).toEqual({ method: 'POST', url: `/${SESSION}/call`, body: '{"call":"group.list","args":{}}' });
  });

  it('passes errors on with their code and arguments', async () => {
    const host = await openHttp();
    await expect(host.call('group.get', { group: 'x' })).rejects.toMatchObject({ code: 'unknown_group', args: { id: 'x' } });
  });

  it('is signed out when the session is over, and unreachable when nobody answers', async () => {
    const host = await openHttp();
    node.open = false;
    await expect(host.call('group.list', {})).rejects.toMatchObject({ code: 'signed_out' });
    expect(sessionStorage.getItem('afterglow-session')).toBeNull();
    node.close();
    await expect(host.call('group.list', {})).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('hears events, reconnects when the connection breaks, and asks for everything then', async () => {
    const host = await openHttp();
    const heard: Event[] = [];
    const link: boolean[] = [];
    const stop = host.events(
      (event) => heard.push(event),
      (up) => link.push(up),
    );
    await vi.waitFor(() => expect(node.sockets).toHaveLength(1));
    node.sockets[0]?.send('{"event":"groups_changed"}');
    await vi.waitFor(() => expect(heard).toEqual([{ event: 'groups_changed' }]));
    node.sockets[0]?.terminate();
    await vi.waitFor(() => expect(heard).toEqual([{ event: 'groups_changed' }, { event: 'lagged' }]), 5_000);
    expect(link).toEqual([true, false, true]);
    stop();
    await vi.waitFor(() => expect(node.sockets[1]?.readyState).toBe(3));
  });

  it('names media by group, moment and part', async () => {
    const host = await openHttp();
    expect(host.mediaUrl('a1', 'b2', 'grid')).toBe(`${location.origin}/${SESSION}/media/a1/b2/grid`);
  });

  it('puts a file as a raw body with its target in the query', async () => {
    const host = await openHttp();
    const parts: number[] = [];
    const target = { group: 'a1', name: 'IMG 1.jpg', modified_at_ms: 5, batch: 'x', batch_size: 2 };
    const receipt = await host.upload(new File(['bytes'], 'IMG 1.jpg'), target, (part) => parts.push(part), new AbortController().signal);
    expect(receipt.moments).toEqual(['m1']);
    const put = node.seen.find(({ method }) => method === 'PUT');
    expect(put).toEqual({
      method: 'PUT',
      url: `/${SESSION}/upload?group=a1&name=IMG+1.jpg&modified_at_ms=5&batch=x&batch_size=2`,
      body: 'bytes',
    });
  });

  it('stops an upload that is cancelled', async () => {
    const host = await openHttp();
    const stop = new AbortController();
    stop.abort();
    await expect(host.upload(new File(['x'], 'a.jpg'), { group: 'a1', name: 'a.jpg' }, () => {}, stop.signal)).rejects.toMatchObject({
      code: 'cancelled',
    });
  });
});
