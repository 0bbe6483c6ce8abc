import { describe, expect, it } from 'vitest';
import { alongLine } from '../src/lib/direction';

describe('arrows', () => {
  it('lead along the line, whichever way it runs', () => {
    const keys = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'Home'];
    expect(keys.map((key) => alongLine(key, false))).toEqual(keys);
    expect(keys.map((key) => alongLine(key, true))).toEqual(['ArrowRight', 'ArrowLeft', 'ArrowUp', 'Home']);
  });
});
