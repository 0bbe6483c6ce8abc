import { Failure, type Host } from './host';
import { openHttp } from './http';

/** Opens the host this page runs in: Tauri's window, the seeded world (`?world=1000`), or a node's web page. */
export async function openHost(): Promise<Host> {
  if ('__TAURI_INTERNALS__' in window) return (await import('./tauri')).openTauri();
  const world = new URLSearchParams(location.search).get('world');
  if (world !== null)
    return (await import('./mock/host')).openMock({
      moments: Number(world) || 1_000,
    });
  if (location.protocol !== 'http:' && location.protocol !== 'https:') throw new Failure('signed_out', 'not served by a node');
  return openHttp();
}
