import { describe, expect, it } from 'vitest';
import { around } from '../src/features/clocks/around';
import { MockHost } from '../src/ipc/mock/host';
import { hex, momentView } from '../src/ipc/mock/world';
import { shift } from '../src/lib/format';
import { fromField, join, split, toField } from '../src/lib/shift';

const HOUR = 3_600_000;

describe('shift', () => {
  it.each([0, 1_000, -1_000, 3_780_000, -864_000_000, 90_061_000])('%i ms is put together as it was taken apart', (ms) => {
    expect(Math.abs(join(split(ms)))).toBe(Math.abs(ms));
    if (ms !== 0) expect(join(split(ms))).toBe(ms);
  });

  it('counts nothing for what is no number', () => {
    expect(join({ ...split(0), hours: Number.NaN, minutes: -5, seconds: 7 })).toBe(7_000);
  });

  it('is said in whole units', () => {
    expect(shift(3_780_000)).toMatch(/^\+1 hr 3 mins?$/);
    expect(shift(-864_000_000)).toBe('−10 days');
    expect(shift(0)).toMatch(/^0 secs?$/);
  });

  it('reads back a field for date and time, and knows an empty one', () => {
    const ms = new Date(2026, 10, 27, 14, 2, 5).getTime();
    expect(toField(ms)).toBe('2026-11-27T14:02:05');
    expect(fromField(toField(ms))).toBe(ms);
    expect(fromField('')).toBeNull();
    expect(fromField('soon')).toBeNull();
  });
});

describe('a preview of a corrected clock', () => {
  const moment = (n: number, at: number, camera: string) => ({
    ...momentView('a1', { id: `b${n}`, at, seed: n }, 0),
    author: 'd1',
    camera,
  });

  it('stands between the nearest moments of other cameras, oldest first', () => {
    const sample = moment(0, 10, 'Nikon');
    const near = [1, 2, 3, 4, 5, 6].map((n) => moment(n, n * 100, 'Phone'));
    const shown = around([...near, moment(7, 340, 'Nikon')], sample, 350);
    expect(shown.map(({ at }) => at)).toEqual([200, 300, 350, 400, 500]);
    expect(shown[2]?.moment).toBe(sample);
  });
});

describe('a camera whose clock is set', () => {
  it('moves its moments, and undoing moves them back', async () => {
    const host = new MockHost({ moments: 60 });
    const group = hex('a', 1);
    const heard: string[] = [];
    host.events((event) => heard.push(event.event));
    const { cameras } = await host.call('clock.list', { group });
    const camera = cameras[0];
    if (camera === undefined) throw new Error('the seeded world has cameras');
    expect(camera.mine).toBe(true);
    const first = camera.samples[0];
    const page = await host.call('clock.set', { group, camera: camera.id, offset_ms: HOUR });
    expect(heard).toContain('clocks_changed');
    const moved = page.cameras.find(({ id }) => id === camera.id);
    expect(moved?.samples[0]).toMatchObject({ captured_at_ms: (first?.captured_at_ms ?? 0) + HOUR, shift_ms: HOUR });
    expect(moved?.first_at_ms).toBe(camera.first_at_ms);
    const undone = await host.call('clock.undo', { group, camera: camera.id });
    expect(undone.cameras.find(({ id }) => id === camera.id)?.samples[0]?.captured_at_ms).toBe(first?.captured_at_ms);
  });
});
