import { expect, it } from 'vitest';
import { kindOf } from '../src/lib/scan';

it.each([
  ['afterglow://join/aeba', 'invite'],
  ['AFTERGLOW://JOIN/AEBAGBAFAYDQQCIK', 'invite'],
  ['afterglow://join/', 'other'],
  ['http://192.168.1.24:47080/g#0011223344', 'guests'],
  ['http://192.168.1.24:47080/g', 'other'],
  ['https://example.org/?next=afterglow://join/aeba', 'other'],
  ['WIFI:S:Barn;T:WPA;P:secret;;', 'other'],
  ['', 'other'],
] as const)('a code that says %s is for: %s', (text, kind) => {
  expect(kindOf(text)).toBe(kind);
});
