import { describe, expect, it } from 'vitest';
import de from '../messages/de.json';
import en from '../messages/en.json';
import contract from '../src/ipc/contract.ts?raw';
import { m } from '../src/paraglide/messages.js';

type Forms = string | { match: Record<string, string> }[];
const texts = (forms: Forms): string[] => (typeof forms === 'string' ? [forms] : forms.flatMap(({ match }) => Object.values(match)));
const inputs = (forms: Forms) => [...new Set(texts(forms).flatMap((text) => text.match(/\{\w+\}/g) ?? []))].sort();

/** What may ask for a text: the pages, and the app around them. */
const askers = import.meta.glob<string>(['../src/**/*.{ts,svelte}', '!../src/paraglide/**', '../../src-tauri/src/**/*.rs'], {
  query: '?raw',
  import: 'default',
  eager: true,
});

describe('messages', () => {
  const english = en as unknown as Record<string, Forms>;
  const german = de as unknown as Record<string, Forms>;

  it('are the same in both languages', () => {
    expect(Object.keys(german).sort()).toEqual(Object.keys(english).sort());
  });

  it('are all asked for', () => {
    const asked = new Set(Object.values(askers).flatMap((code) => code.match(/(?<=\bm\.|")\w+/g) ?? []));
    expect(asked.size).toBeGreaterThan(500);
    expect(Object.keys(english).filter((key) => !key.startsWith('$') && !asked.has(key))).toEqual([]);
  });

  it.each(Object.keys(english).filter((key) => !key.startsWith('$')))('%s says something and takes the same arguments', (key) => {
    for (const forms of [english[key], german[key]]) {
      for (const text of texts(forms ?? '')) expect(text.trim()).not.toBe('');
    }
    expect(inputs(german[key] ?? '')).toEqual(inputs(english[key] ?? ''));
  });

  it('has a sentence for every error of the contract', () => {
    const codes =
      /export type ErrorCode = ([^;]+);/
        .exec(contract)?.[1]
        ?.match(/"(\w+)"/g)
        ?.map((code) => code.slice(1, -1)) ?? [];
    expect(codes.length).toBeGreaterThan(20);
    expect(codes.filter((code) => !(`error_${code}` in english))).toEqual([]);
  });

  it('uses the plural forms of each language', () => {
    expect(m.member_count({ count: 1 }, { locale: 'en' })).toBe('1 member');
    expect(m.member_count({ count: 2 }, { locale: 'en' })).toBe('2 members');
    expect(m.member_count({ count: 1 }, { locale: 'de' })).toBe('1 Mitglied');
    expect(m.member_count({ count: 0 }, { locale: 'de' })).toBe('0 Mitglieder');
  });
});
