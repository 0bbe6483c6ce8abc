// Compiles messages/*.json into typed functions (src/paraglide). Works without the Internet: the format plugin comes from node_modules.
import { copyFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { compile } from '@inlang/paraglide-js';

const ui = fileURLToPath(new URL('..', import.meta.url));
const plugin = createRequire(import.meta.url).resolve('@inlang/plugin-message-format');

await copyFile(plugin, `${ui}/project.inlang/message-format.js`);
await compile({
  project: `${ui}/project.inlang`,
  outdir: `${ui}/src/paraglide`,
  strategy: ['baseLocale'],
  emitTsDeclarations: true,
});
