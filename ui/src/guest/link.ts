import { Failure } from '../ipc/host';
import { shelf } from './shelf';

const LINK = /^#([0-9a-f]{32})(?:\.([0-9a-f]{64}))?$/;

/**
 * Reads the secret of the door, and the guest's own key where a link moves a guest to another door. The key leaves the address
 * at once; the secret stays in it, and beside it for the addresses of single moments.
 */
export function readLink(): { secret: string; seed: string | null } {
  const [, secret = null, seed = null] = LINK.exec(location.hash) ?? [];
  if (seed !== null) history.replaceState(history.state, '', `#${secret}`);
  const known = secret ?? shelf.read('secret');
  if (known === null) throw new Failure('signed_out', 'the address holds no secret');
  shelf.write('secret', known);
  return { secret: known, seed };
}
