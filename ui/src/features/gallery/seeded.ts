/** What the gallery's parts show in common: a host, a photo, a group and its album. */
import type { MomentView } from '../../ipc/contract';
import { MockHost } from '../../ipc/mock/host';
import { sceneSvg, svgUrl } from '../../ipc/mock/scene';
import { album, momentView } from '../../ipc/mock/world';

export const NOW = Date.UTC(2026, 10, 21, 17, 40);
export const HOUR_MS = 3_600_000;
export const host = new MockHost({ now: NOW, moments: 40 });
export const nothing = () => {};

const base = momentView('a1', { id: 'b1', at: NOW, seed: 3 }, 0);
export const photo: MomentView = {
  ...base,
  kind: 'photo',
  width: 4032,
  height: 3024,
  media_type: 'image/jpeg',
  mine: false,
  needs_choice: false,
  on_devices: 3,
  reactions: [],
  caption: '',
};
export const none = { state: 'none' } as const;
export const missing = { state: 'missing', progress: 0.4 } as const;
export const picture = svgUrl(sceneSvg(3, 4032, 3024));

export const view = {
  ...album('Anna & Ben', 1, 5, 0, NOW - 5 * HOUR_MS, NOW).view,
  moment_count: 1234,
  last_moment_at_ms: Date.now() - 120_000,
  cover_placeholder: photo.placeholder,
};
export const whole = album('Anna & Ben', 1, 5, 60, NOW - 5 * HOUR_MS, NOW);
export const partial = { ...whole, view: { ...whole.view, missing_count: 12 } };
export const mediaUrl = () => picture;
