// Lists whose work the app carries and under which terms, with the texts, into public/licences.json: every crate of Cargo.lock that
// some system's app is built with, and every npm package that is bundled into the page.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ui = fileURLToPath(new URL('..', import.meta.url));
const root = join(ui, '..');
const TEXT = /^(licen[cs]e|copying|unlicense|notice|ofl)([-_.].*)?$/i;
const texts = new Map();

/** The numbers of the licence texts that lie in a folder. */
function textsOf(folder) {
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile() && TEXT.test(entry.name));
  return files.map(({ name }) => {
    const text = readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n').trim();
    if (!texts.has(text)) texts.set(text, texts.size);
    return texts.get(text);
  });
}

/** Crates that the app and the command are built with; what only tests need is not in them. */
function crates() {
  const { status, stdout: json } = spawnSync('cargo', ['metadata', '--locked', '--format-version', '1'], {
    cwd: root,
    maxBuffer: 256 << 20,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) {
    // While somebody changes dependencies; a package without them is refused by `npm run package`.
    console.warn('licences: Cargo.lock is not up to date, so crates are left out of the list');
    return [];
  }
  const { packages, resolve } = JSON.parse(json);
  const byId = new Map(packages.map((one) => [one.id, one]));
  const nodes = new Map(resolve.nodes.map((node) => [node.id, node]));
  const wanted = packages.filter(({ name, source }) => source === null && ['afterglow', 'glow-node'].includes(name)).map(({ id }) => id);
  const seen = new Set();
  while (wanted.length > 0) {
    const id = wanted.pop();
    if (seen.has(id)) continue;
    seen.add(id);
    const normal = nodes.get(id).deps.filter(({ dep_kinds }) => dep_kinds.some(({ kind }) => kind === null));
    wanted.push(...normal.map(({ pkg }) => pkg));
  }
  return [...seen]
    .map((id) => byId.get(id))
    .filter(({ source }) => source !== null)
    .map(({ name, version, license, manifest_path }) => ({
      name,
      version,
      licence: license ?? '',
      texts: textsOf(join(manifest_path, '..')),
    }));
}

/** The page's own dependencies and what they need. */
function npmPackages() {
  const wanted = [
    ...Object.keys(JSON.parse(readFileSync(join(ui, 'package.json'), 'utf8')).dependencies),
    'svelte',
    '@fontsource-variable/figtree',
  ];
  const found = new Map();
  while (wanted.length > 0) {
    const name = wanted.pop();
    const folder = [join(ui, 'node_modules', name), join(root, 'node_modules', name)].find((path) =>
      existsSync(join(path, 'package.json')),
    );
    if (found.has(name) || folder === undefined) continue;
    // Types alone are not in the page.
    if (name.startsWith('@types/')) continue;
    const { version, license, dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    found.set(name, { name, version, licence: typeof license === 'string' ? license : '', texts: textsOf(folder) });
    // Svelte's own dependencies are its compiler's: nothing of them is in the page.
    if (name !== 'svelte') wanted.push(...Object.keys(dependencies));
  }
  return [...found.values()];
}

/** The font of the printed cards lies in the repository itself. */
const inter = { name: 'Inter', version: '4', licence: 'OFL-1.1', texts: textsOf(join(root, 'src-tauri/crates/glow-card/fonts')) };
const packages = [inter, ...crates(), ...npmPackages()].sort(
  (a, b) => a.name.localeCompare(b.name, 'en') || a.version.localeCompare(b.version, 'en'),
);
mkdirSync(join(ui, 'public'), { recursive: true });
writeFileSync(join(ui, 'public/licences.json'), JSON.stringify({ packages, texts: [...texts.keys()] }));
