// A guest door for tests: what `glow-gateway/src/guest/mod.rs` says of the wire, with an album in memory behind it. Written
// from that text and not from the page's code, so that the two check each other.

import { createCipheriv, createHash, createHmac, createPublicKey, diffieHellman, generateKeyPairSync, hkdfSync, verify } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { blake3 } from '@noble/hashes/blake3.js';

// Vitest resolves packages as a browser would, and there is no server in a browser's `ws`.
const { WebSocketServer } = createRequire(import.meta.url)('ws');

const CHUNK = 256 * 1024;
const X25519 = Buffer.from('302a300506032b656e032100', 'hex');
const ED25519 = Buffer.from('302a300506032b6570032100', 'hex');
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' };
const hex = (bytes) => Buffer.from(bytes).toString('hex');
const expand = (key, salt, label, length) => Buffer.from(hkdfSync('sha256', key, salt, label, length));

/** An album that several doors can share, as members of one group do. */
export class Album {
  group = 'ab'.repeat(32);
  title = 'Lena & Jonas';
  /** Newest first. */
  moments = [];
  blobs = new Map();
  parts = new Map();
  /** Posts that are done, by guest and id: for all doors. */
  done = new Map();
  doors = [];
  listeners = new Set();

  tell(event) {
    for (const listener of this.listeners) listener(event);
  }

  /** Seals bytes as a blob and names them as a part of a moment. */
  part(moment, part, bytes, mediaType) {
    const key = blake3(bytes);
    const cipher = createCipheriv('chacha20', key, Buffer.alloc(16));
    const sealed = Buffer.concat([cipher.update(bytes), cipher.final()]);
    const id = hex(blake3(sealed));
    this.blobs.set(id, sealed);
    this.parts.set(`${moment}/${part}`, {
      moment,
      media_type: mediaType,
      size_bytes: bytes.length,
      file_name: 'x.jpg',
      blobs: [{ id, key: hex(key), size: sealed.length }],
    });
  }

  put(moment) {
    this.moments = [moment, ...this.moments.filter(({ id }) => id !== moment.id)].sort((a, b) => b.captured_at_ms - a.captured_at_ms);
    this.tell({ event: 'timeline_changed', group: this.group, added: [moment.id], changed: [], removed: [] });
  }
}

export class Door {
  server = createServer((request, response) => void this.#answer(request, response).catch(() => response.destroy()));
  sessions = new Map();
  knocks = new Map();
  uploads = new Map();
  rights = { contribute: true, review: false };
  /** What came over the wire, for tests that look at it. */
  seen = [];
  takesSockets = true;
  /** @type {((upload: any, place: string) => unknown) | undefined} */
  onChunk;
  origin = '';

  constructor(album, { name = 'Alice', secret = '00112233445566778899aabbccddeeff', dist = null } = {}) {
    Object.assign(this, { album, name, secret, dist });
    const key = Buffer.from(secret, 'hex');
    const salt = 'afterglow guest v1';
    this.id = expand(key, salt, 'door id', 16);
    this.proofKey = expand(key, salt, 'door proof', 32);
    this.root = expand(key, salt, 'session root', 32);
    this.sockets = new WebSocketServer({ noServer: true });
    this.server.on('upgrade', (request, socket, head) => {
      const session = this.sessions.get(/^\/g\/(\w+)\/socket$/.exec(request.url)?.[1]);
      if (!this.takesSockets || !session) return socket.destroy();
      this.sockets.handleUpgrade(request, socket, head, (ws) => {
        session.send = (frame) => ws.send(frame);
        session.drop = () => ws.terminate();
        ws.on('message', (frame) => this.#hear(session, frame).catch(() => ws.terminate()));
        ws.on('close', () => this.#end(session));
      });
    });
  }

  async open(port = 0) {
    await new Promise((resolve) => this.server.listen(port, '127.0.0.1', resolve));
    this.origin = `http://127.0.0.1:${this.server.address().port}`;
    this.album.doors.push(this);
    return this.origin;
  }

  get link() {
    return `${this.origin}/g#${this.secret}`;
  }

  /** As its owner closes it: everybody is told, and its secret is good no more. */
  close() {
    for (const session of [...this.sessions.values()]) this.#say(session, { end: 'closed' });
    this.id = Buffer.alloc(16);
    this.sessions.clear();
  }

  /** As a device that goes away: nothing is said to anybody. */
  kill() {
    this.album.doors = this.album.doors.filter((door) => door !== this);
    for (const session of this.sessions.values()) session.drop?.();
    this.sessions.clear();
    this.server.closeAllConnections();
    this.server.close();
  }

  async #answer(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    this.seen.push({ method: request.method, url: request.url, body });
    const cors = {
      'access-control-allow-origin': request.headers.origin ?? '*',
      'access-control-allow-methods': 'GET, POST, PUT',
      'access-control-allow-headers': 'content-type, range',
      vary: 'origin',
    };
    const reply = (status, json) =>
      response
        .writeHead(status, { ...cors, 'content-type': 'application/json' })
        .end(json === undefined ? undefined : JSON.stringify(json));
    if (request.method === 'OPTIONS') return response.writeHead(204, cors).end();
    const [, , first, second, ...rest] = request.url.split('/');
    if (!request.url.startsWith('/g/')) return this.#file(request.url, response);
    if (first === 'knock') return reply(...this.#knock(JSON.parse(body)));
    if (first === 'enter') return reply(...this.#enter(JSON.parse(body)));
    const session = this.sessions.get(first);
    if (!session) return reply(403, { code: 'not_allowed', args: {}, message: 'no session' });
    if (second === 'events') {
      response.writeHead(200, { ...cors, 'content-type': 'text/event-stream' });
      response.write(': here\n\n');
      session.send = (frame) => response.write(`data: ${frame.toString('base64')}\n\n`);
      session.drop = () => response.destroy();
      response.on('close', () => this.#end(session));
      return;
    }
    if (second === 'send') {
      await this.#hear(session, body);
      return response.writeHead(204, cors).end();
    }
    if (second === 'blob') {
      const blob = this.album.blobs.get(rest[0]);
      if (!blob) return reply(404, { code: 'not_here', args: {}, message: '' });
      return response.writeHead(200, { ...cors, 'content-type': 'application/octet-stream' }).end(blob);
    }
    return this.#bytes(session, rest[0], rest[1], body, reply, () => response.writeHead(204, cors).end());
  }

  #file(url, response) {
    const path = url.split(/[?#]/)[0] === '/g' ? '/guest.html' : url.split(/[?#]/)[0];
    const file = this.dist && join(this.dist, path);
    if (!file || !existsSync(file)) return response.writeHead(404).end();
    const policy =
      "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self' ws: http:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream', 'content-security-policy': policy });
    createReadStream(file).pipe(response);
  }

  #knock({ door, key }) {
    if (door !== hex(this.id)) return [404, { code: 'unknown_door', args: {}, message: 'another door' }];
    const own = generateKeyPairSync('x25519');
    const ownPublic = own.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
    this.knocks.set(key, { own, ownPublic });
    return [200, { key: hex(ownPublic) }];
  }

  #enter({ key, proof }) {
    const { own, ownPublic } = this.knocks.get(key);
    this.knocks.delete(key);
    const page = Buffer.from(key, 'hex');
    const both = Buffer.concat([this.id, page, ownPublic]);
    const prove = (side) => createHmac('sha256', this.proofKey).update(side).update(both).digest();
    if (hex(prove('page')) !== proof) return [403, { code: 'not_allowed', args: {}, message: 'a wrong proof' }];
    const shared = diffieHellman({
      privateKey: own.privateKey,
      publicKey: createPublicKey({ key: Buffer.concat([X25519, page]), format: 'der', type: 'spki' }),
    });
    const secret = Buffer.concat([this.root, shared]);
    const salt = Buffer.concat([Buffer.from('afterglow guest session v1'), page, ownPublic]);
    const take = (label, length) => expand(secret, salt, label, length);
    const id = take('session id', 16);
    const session = {
      id,
      toDoor: take('page to door', 32),
      toPage: take('door to page', 32),
      bytes: take('bytes', 32),
      binding: take('session binding', 32),
      heard: 0,
      said: 0,
    };
    session.listen = (event) => session.guest && this.#say(session, { event });
    this.album.listeners.add(session.listen);
    this.sessions.set(hex(id), session);
    return [200, { session: hex(id), proof: hex(prove('door')) }];
  }

  #end(session) {
    this.sessions.delete(hex(session.id));
    this.album.listeners.delete(session.listen);
  }

  #say(session, message) {
    const number = Buffer.alloc(8);
    number.writeBigUInt64BE(BigInt(session.said++));
    const sealed = xchacha20poly1305(session.toPage, Buffer.concat([Buffer.alloc(16), number]), session.id).encrypt(
      Buffer.from(JSON.stringify(message)),
    );
    session.send?.(Buffer.concat([number, sealed]));
  }

  async #hear(session, frame) {
    const number = frame.subarray(0, 8);
    if (Number(number.readBigUInt64BE()) !== session.heard) throw new Error('out of order');
    session.heard += 1;
    const message = xchacha20poly1305(session.toDoor, Buffer.concat([Buffer.alloc(16), number]), session.id).decrypt(frame.subarray(8));
    const { id, call, args } = JSON.parse(Buffer.from(message));
    try {
      this.#say(session, { id, reply: this.#calls[call](args, session) });
    } catch (cause) {
      this.#say(session, {
        id,
        error: cause.code ? { code: cause.code, args: {}, message: cause.message } : { code: 'internal', args: {}, message: String(cause) },
      });
    }
  }

  #signed(session, kind, bytes, signature) {
    const key = createPublicKey({ key: Buffer.concat([ED25519, Buffer.from(session, 'hex')]), format: 'der', type: 'spki' });
    const message = Buffer.concat([Buffer.from(`afterglow v1 ${kind}\0`), bytes]);
    if (!verify(null, message, key, Buffer.from(signature, 'hex')))
      throw Object.assign(new Error('a wrong signature'), { code: 'not_allowed' });
  }

  #calls = {
    'guest.enter': ({ key, name, proof }, session) => {
      this.#signed(key, 'guest session', session.binding, proof);
      Object.assign(session, { guest: key, name });
      const others = this.album.doors.filter((door) => door !== this);
      const doors = others.map(({ name, origin, secret }) => ({ device: name, name, addresses: [origin.slice(7)], secret }));
      const { group, title } = this.album;
      return {
        group,
        title,
        guest: key,
        host_name: this.name,
        rights: this.rights,
        files_left: 100,
        bytes_left: 1e9,
        file_bytes: 2e9,
        doors,
        now_ms: Date.now(),
      };
    },
    'timeline.page': ({ limit, cursor, filter }) => {
      const { from_ms: from = 0, until_ms: until = Infinity } = filter;
      const found = this.album.moments.filter(({ captured_at_ms: at }) => at >= from && at < until);
      const start = Number(cursor ?? 0);
      const next = start + limit < found.length ? { next: String(start + limit) } : {};
      return { moments: found.slice(start, start + limit), total: found.length, ...next };
    },
    'timeline.buckets': ({ offset_min }) => {
      const hours = new Map();
      for (const moment of this.album.moments) {
        const offset = offset_min * 60_000;
        const start = Math.floor((moment.captured_at_ms + offset) / 3_600_000) * 3_600_000 - offset;
        hours.set(start, [...(hours.get(start) ?? []), moment]);
      }
      const shape = ({ width, height }) => Math.round((Math.log(Math.min(3, Math.max(0.5, width / height)) / 0.5) / Math.log(6)) * 255);
      return {
        buckets: [...hours].map(([start_ms, list]) => ({
          start_ms,
          until_ms: start_ms + 3_600_000,
          count: list.length,
          shapes: Buffer.from(list.map(shape)).toString('base64'),
        })),
      };
    },
    'moment.get': ({ moment }) => this.album.moments.find(({ id }) => id === moment),
    'guest.media': ({ moments, part }) => ({ parts: moments.flatMap((moment) => this.album.parts.get(`${moment}/${part}`) ?? []) }),
    'guest.say': ({ id, said, signature }, session) => {
      this.#signed(
        session.guest,
        'guest post',
        Buffer.concat([Buffer.from(this.album.group, 'hex'), Buffer.from(id, 'hex'), Buffer.from(said, 'hex')]),
        signature,
      );
      this.said = { id, said };
      return { id };
    },
    'guest.upload': ({ id, said, signature }, session) => {
      this.#signed(
        session.guest,
        'guest post',
        Buffer.concat([Buffer.from(this.album.group, 'hex'), Buffer.from(id, 'hex'), Buffer.from(said, 'hex')]),
        signature,
      );
      const size = sizeIn(said);
      if (!this.uploads.has(id))
        this.uploads.set(id, { id, guest: session.guest, name: session.name, said, size, chunks: new Map(), previews: {} });
      return this.#view(id);
    },
    'guest.show': ({ id }) => {
      this.#put(this.uploads.get(id), false);
      return this.#view(id);
    },
    'guest.finish': ({ id }) => {
      const upload = this.uploads.get(id);
      const bytes = Buffer.concat([...upload.chunks].sort(([a], [b]) => a - b).map(([, bytes]) => bytes));
      // The hash stands in the said, as it was signed.
      if (bytes.length !== upload.size || !upload.said.includes(hex(blake3(bytes))))
        throw Object.assign(new Error('other bytes'), { code: 'damaged_file' });
      upload.sha256 = createHash('sha256').update(bytes).digest('hex');
      this.album.done.set(id, upload);
      this.#put(upload, bytes);
      return this.#view(id);
    },
    'guest.abort': ({ id }) => {
      this.uploads.delete(id);
      return {
        id,
        state: 'open',
        size_bytes: 0,
        chunk_bytes: CHUNK,
        missing: [],
        has_grid: false,
        has_screen: false,
        waits_for_review: false,
      };
    },
  };

  #view(id) {
    const upload = this.uploads.get(id);
    const done = this.album.done.has(id);
    const count = Math.ceil(upload.size / CHUNK);
    const missing = Array.from({ length: done ? 0 : count }, (_, n) => n)
      .filter((n) => !upload.chunks.has(n))
      .map((from) => ({ from, count: 1 }));
    const { grid, screen } = upload.previews;
    const shown = this.album.moments.some((moment) => moment.id === momentOf(id));
    return {
      id,
      state: done ? 'done' : 'open',
      size_bytes: upload.size,
      chunk_bytes: CHUNK,
      missing,
      has_grid: !!grid,
      has_screen: !!screen,
      waits_for_review: this.rights.review,
      ...(shown ? { moment: momentOf(id) } : {}),
    };
  }

  #put(upload, bytes) {
    const id = momentOf(upload.id);
    const { grid, screen } = upload.previews;
    if (grid) this.album.part(id, 'grid', grid, 'image/jpeg');
    if (screen) this.album.part(id, 'screen', screen, 'image/jpeg');
    if (bytes) this.album.part(id, 'original', bytes, 'image/jpeg');
    const state = (is) => ({ state: is ? 'complete' : 'none' });
    this.album.put(
      momentView(this.album.group, id, {
        author: upload.guest,
        author_name: upload.name,
        size_bytes: upload.size,
        grid: state(grid),
        screen: state(screen),
        original: bytes ? state(true) : { state: 'missing', progress: 0 },
      }),
    );
  }

  async #bytes(session, id, place, body, reply, taken) {
    const upload = this.uploads.get(id);
    if (!upload) return reply(404, { code: 'unknown_upload', args: {}, message: '' });
    const bytes = Buffer.from(
      xchacha20poly1305(session.bytes, body.subarray(0, 24), Buffer.from(`${id}/${place}`)).decrypt(body.subarray(24)),
    );
    if (place === 'grid' || place === 'screen') upload.previews[place] = bytes;
    else upload.chunks.set(Number(place), bytes);
    await this.onChunk?.(upload, place);
    taken();
  }
}

export const momentOf = (post) => post.repeat(2);

let clock = Date.now() - 3_600_000;

export function momentView(group, id, more = {}) {
  clock += 60_000;
  const complete = { state: 'complete' };
  return {
    id,
    group,
    kind: 'photo',
    media_type: 'image/jpeg',
    author: 'c0'.repeat(32),
    author_name: 'Carol',
    author_colour: 4,
    mine: false,
    captured_at_ms: clock,
    received_at_ms: clock,
    width: 1200,
    height: 800,
    placeholder: '',
    caption: '',
    reactions: [],
    size_bytes: 1000,
    file_name: 'IMG_0001.jpg',
    grid: complete,
    screen: complete,
    original: complete,
    motion: { state: 'none' },
    needs_choice: false,
    retracted: false,
    on_devices: 3,
    favourite: false,
    ...more,
  };
}

/** Field 1 of field 2 of the CBOR: enough to read a size. */
function sizeIn(said) {
  const bytes = Buffer.from(said, 'hex');
  const at = bytes.indexOf(Buffer.from('02', 'hex'), bytes.indexOf(Buffer.from('5820', 'hex')) - 3);
  const i = bytes.indexOf(Buffer.from('5820', 'hex')) + 2 + 32 + 1;
  const head = bytes[i];
  if (at < 0) throw new Error('no file');
  if (head < 24) return head;
  if (head === 24) return bytes[i + 1];
  if (head === 25) return bytes.readUInt16BE(i + 1);
  return bytes.readUInt32BE(i + 1);
}
