import { readdirSync } from 'node:fs';
import svelte from 'eslint-plugin-svelte';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

const features = readdirSync(new URL('src/features', import.meta.url)).join('|');
const tauri = { group: ['@tauri-apps/*'], message: 'Only src/ipc/tauri.ts knows Tauri: go through the Host.' };
const sideways = {
  regex: `^\\.\\./(${features})/`,
  message: 'A feature does not reach into another: share it in components/, lib/ or state/.',
};
const upward = { regex: '/features/', message: 'What features share does not know them.' };
const mock = { regex: '/mock/', message: 'The seeded world is loaded by src/ipc/open.ts and the gallery only.' };
const fence = (...patterns) => ({ 'no-restricted-imports': ['error', { patterns }] });

export default ts.config(
  { ignores: ['dist', 'src/paraglide', 'src/ipc/contract.ts', 'project.inlang', 'screenshots'] },
  ...svelte.configs['flat/recommended'],
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
    rules: {
      // State classes keep plain maps and publish immutable lists: one signal for an album, not one for each entry.
      'svelte/prefer-svelte-reactivity': 'off',
      'svelte/no-at-html-tags': 'error',
      'svelte/require-each-key': 'error',
    },
  },
  { files: ['**/*.ts'], languageOptions: { parser: ts.parser } },
  { files: ['src/**/*.{ts,svelte}'], rules: fence(tauri, mock) },
  { files: ['src/{components,lib,state,ipc}/**/*.{ts,svelte}'], rules: fence(tauri, mock, upward) },
  { files: ['src/features/**/*.{ts,svelte}'], rules: fence(tauri, mock, sideways) },
  {
    files: ['src/ipc/tauri.ts', 'src/ipc/open.ts', 'src/ipc/mock/**', 'src/features/gallery/**'],
    rules: { 'no-restricted-imports': 'off' },
  },
);
