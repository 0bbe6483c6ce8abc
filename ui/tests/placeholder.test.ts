import { describe, expect, it } from 'vitest';
import { scenePlaceholder } from '../src/ipc/mock/scene';
import { averageColour, placeholderUrl, thumbhashBytes } from '../src/lib/placeholder';

describe('placeholder', () => {
  const hash = scenePlaceholder(1, 4032, 3024);

  it('draws a thumbhash as a picture and knows its average colour', () => {
    expect(placeholderUrl(hash)).toMatch(/^data:image\/png;base64,/);
    expect(averageColour(hash)).toMatch(/^rgb\(\d+ \d+ \d+\)$/);
  });

  it.each(['', '!!!', 'AA==', 'A'.repeat(200)])('shows nothing for %j', (text) => {
    expect(thumbhashBytes(text)).toBeNull();
    expect(placeholderUrl(text)).toBeNull();
    expect(averageColour(text)).toBeNull();
  });

  it('survives any bytes', () => {
    for (let seed = 0; seed < 300; seed += 1) {
      const bytes = Uint8Array.from({ length: 5 + (seed % 30) }, (_, i) => (seed * 131 + i * 71) % 256);
      expect(() => placeholderUrl(btoa(String.fromCharCode(...bytes)))).not.toThrow();
    }
  });
});
