import type { CameraView, MomentView } from '../ipc/contract';
import { m } from '../paraglide/messages.js';
import { time } from './format';

/** Who posted a moment, as people call it. */
export function author({ author_name: name, author_is_guest: guest }: MomentView): string {
  return guest ? m.guest_named({ name }) : name || m.no_name();
}

/** What a moment is, in words: "Photo by Anna, 14:05". */
export function describe(moment: MomentView): string {
  const inputs = {
    name: author(moment),
    time: time(moment.captured_at_ms),
  };
  const what = { photo: m.photo_by, clip: m.clip_by, live: m.live_by }[moment.kind](inputs);
  return moment.caption === '' ? what : `${what}: ${moment.caption}`;
}

/** A camera's make and model, with its number where there are several of that name. */
export function cameraName({ name, number }: Pick<CameraView, 'name' | 'number'>): string {
  const known = name || m.camera_unnamed();
  return number === undefined ? known : m.camera_numbered({ name: known, number });
}

/** Whether browsers show files of this type in an image. */
export const showsInPage = (mediaType: string): boolean => /^image\/(jpeg|png|webp|gif|avif|bmp)$/.test(mediaType);
