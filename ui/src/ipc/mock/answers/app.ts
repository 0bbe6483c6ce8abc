import type { BoxView } from '../../contract';
import { Failure } from '../../host';
import { boxOf, printingOf } from '../box';
import type { Living } from '../living';
import type { Answers } from './answers';

/** The device itself, and the venue box that it may be. */
export function app(world: Living): Answers<'app' | 'profile' | 'box'> {
  let cameraPaused = false;
  const box = (): BoxView => {
    if (!world.isBox) throw new Failure('not_here', 'this device is no venue box');
    return { ...boxOf(cameraPaused, world.now()), printing: printingOf(world.pages) };
  };
  return {
    'app.status': () => ({
      version: '0.1.0',
      ...(world.profile ? { profile: world.profile } : {}),
      secrets_at: 'keychain',
      can_poster_clips: true,
      can_preview_heic: false,
      free_disk_bytes: 212_000_000_000,
      disk_low: false,
      is_box: world.isBox,
      can_print: world.isBox,
    }),
    'app.diagnostics': () => ({
      parts: [
        { name: 'about.txt', text: 'Afterglow 0.1.0\nlinux x86_64\nclips get a picture by: ffmpeg\nHEIC gets a picture by: nothing\n' },
        {
          name: 'groups.txt',
          text: '1 groups\ngroup 1: active, 5 members, 3 connected, listening at 192.168.1.20:40123, 81234567 bytes here and 0 on their way\n',
        },
        { name: 'app.2026-11-21.log', text: '2026-11-21T17:39:02.120Z  INFO glow_net::event_loop: connected device=d4c1a9…\n'.repeat(12) },
      ],
    }),
    'profile.set': (profile) => {
      world.profile = { ...profile };
      world.emit({ event: 'status_changed' });
      return world.profile;
    },
    'box.get': () => box(),
    'box.set': ({ camera_paused }) => {
      if (camera_paused !== undefined) cameraPaused = camera_paused;
      world.emit({ event: 'box_changed' });
      return box();
    },
  };
}
