import { describe, expect, it } from 'vitest';
import { Pace } from '../src/lib/pace';

/** Moves so fast for so long, in steps of a frame; answers what the last step was. */
function move(pace: Pace, pxPerMs: number, from: number, until: number): boolean {
  let calm = true;
  for (let now = from; now < until; now += 16) calm = pace.moved(pxPerMs * 16, now);
  return calm;
}

describe('pace', () => {
  it('reads while one scrolls, and flings when nothing can be seen', () => {
    const pace = new Pace();
    expect(move(pace, 2, 1_000, 1_200)).toBe(true);
    expect(move(pace, 20, 1_200, 1_400)).toBe(false);
  });

  it('does not end a fling for one slow frame', () => {
    const pace = new Pace();
    move(pace, 10, 1_000, 1_200);
    expect(pace.moved(40, 1_216)).toBe(false);
    expect(move(pace, 1, 1_216, 1_500)).toBe(true);
  });

  it('takes the first step after a pause for a jump', () => {
    const pace = new Pace();
    expect(pace.moved(50_000, 5_000)).toBe(true);
    expect(pace.moved(50_000, 5_016)).toBe(false);
    pace.rested();
    expect(pace.moved(10, 5_032)).toBe(true);
  });
});
