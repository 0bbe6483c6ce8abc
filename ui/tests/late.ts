import type { Calls } from '../src/ipc/contract';
import type { MockHost } from '../src/ipc/mock/host';

/** Answers of one kind are made when they are asked for, and come when they are let go: what they tell may be old by then. */
export function holdBack(host: MockHost, held: keyof Calls): { waiting: () => number; letGo: () => void } {
  const call = host.call.bind(host);
  const waiting: (() => void)[] = [];
  host.call = (async (name, args) => {
    const answer = structuredClone(await call(name, args));
    if (name === held) await new Promise<void>((resolve) => waiting.push(resolve));
    return answer;
  }) as typeof host.call;
  return {
    waiting: () => waiting.length,
    letGo: () => {
      for (const resolve of waiting.splice(0)) resolve();
    },
  };
}
