import { describe, expect, it } from 'vitest';
import { Fresh } from '../src/lib/fresh';

describe('loading again whenever asked', () => {
  it('answers what is asked in the very step in which a load ends by one more load', async () => {
    let loads = 0;
    let load = Promise.resolve();
    const fresh = new Fresh(() => {
      load = Promise.resolve().then(() => {
        loads += 1;
      });
      return load;
    });
    void fresh.ask();
    await load;
    await fresh.ask();
    expect(loads).toBe(2);
  });

  it('answers all that is asked during a load by one more load', async () => {
    let loads = 0;
    let end = () => {};
    const fresh = new Fresh(() => {
      loads += 1;
      return new Promise((ended) => {
        end = ended;
      });
    });
    const asked = [fresh.ask(), fresh.ask(), fresh.ask()];
    end();
    await Promise.resolve();
    await Promise.resolve();
    expect(loads).toBe(2);
    end();
    await Promise.all(asked);
    expect(loads).toBe(2);
  });

  it('loads again after a load that failed', async () => {
    let fails = true;
    const fresh = new Fresh(async () => {
      if (fails) throw new Error('away');
    });
    await expect(fresh.ask()).rejects.toThrow('away');
    fails = false;
    await expect(fresh.ask()).resolves.toBeUndefined();
  });
});
