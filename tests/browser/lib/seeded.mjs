// The seeded world: the built page over a world that lives in it. For what needs many moments and no node.

import { createReadStream, existsSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const dist = fileURLToPath(new URL("../../../ui/dist", import.meta.url));
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json" };

/** The open group of the world, where it is large. */
export const GROUP = `a${"1".padStart(63, "0")}`;

/** Serves ui/dist; answers its address for a world of so many moments, and how to stop. */
export async function serveWorld() {
  if (!existsSync(join(dist, "index.html"))) throw new Error("build the page first: npm run build -w ui");
  const server = createServer((request, reply) => {
    if (request.url === "/bare") return reply.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Bare</title>");
    const path = normalize(decodeURIComponent(new URL(request.url, "http://x").pathname));
    const file = join(dist, path === "/" ? "index.html" : path);
    if (!file.startsWith(dist) || !existsSync(file)) return reply.writeHead(404).end();
    reply.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" });
    return createReadStream(file).pipe(reply);
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const origin = `http://127.0.0.1:${server.address().port}`;
  const address = (moments) => `${origin}/?world=${moments}&now=1795283000000#/group/${GROUP}`;
  /** A page with nothing on it: what the others are measured against. */
  const bare = `${origin}/bare`;
  return { origin, address, bare, stop: () => server.close() };
}
