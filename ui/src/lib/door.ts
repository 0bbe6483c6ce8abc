import type { GuestRights } from '../ipc/contract';
import { m } from '../paraglide/messages.js';

/** What a door lets guests do, in words. */
export function guestsMay({ contribute, review }: GuestRights): string {
  if (!contribute) return m.guests_may_look();
  return review ? m.guests_may_add_reviewed() : m.guests_may_add();
}
