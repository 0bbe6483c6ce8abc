// What a page loads until its timeline is there: its entry and what that imports, as the built page names it, and the workers that
// the timeline starts. tests/browser/test/weight.test.mjs sees that a browser loads nothing else.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const DIST = fileURLToPath(new URL('dist/', import.meta.url));
const LIMIT = '150 kB';

export default [
  weigh('JavaScript until the timeline', 'index.html', ['layout.worker', 'placeholder.worker', 'tauri']),
  weigh('JavaScript until a guest’s timeline', 'guest.html', ['layout.worker', 'placeholder.worker', 'bench.worker']),
];

function weigh(name, page, started) {
  const named = [...readFileSync(`${DIST}${page}`, 'utf8').matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.js)"/g)].map(([, path]) => path);
  return { name, path: [...named, ...started.map(built)].map((path) => `dist/${path}`), limit: LIMIT, gzip: true };
}

/** The built file of a part that is loaded by name. */
function built(part) {
  const found = readdirSync(`${DIST}assets`).filter((file) => file.startsWith(`${part}-`) && file.endsWith('.js'));
  if (found.length !== 1) throw new Error(`${part}: ${found.length} built files`);
  return `assets/${found[0]}`;
}
