import type { GroupView, Held, InviteView, MemberView, MomentView, Place } from '../contract';
import { random } from './random';
import { qrLike, scenePlaceholder } from './scene';

const HOUR_MS = 3_600_000;
const SCENES = 120;
const SHAPES: readonly (readonly [number, number])[] = [
  [4032, 3024],
  [3024, 4032],
  [4000, 2250],
  [6000, 4000],
  [3024, 3024],
  [8000, 2600],
  [2250, 4000],
];
const CAPTIONS = ['', '', '', '', '', '', 'Golden hour', 'Nobody was ready for this', 'First dance', '', '', 'The view from up here'];
export const PEOPLE = [
  { name: 'Anna', colour: 0 },
  { name: 'Bruno', colour: 3 },
  { name: 'Carol', colour: 6 },
  { name: 'Dave', colour: 8 },
  { name: 'Erin', colour: 10 },
];

/** One moment before it is spelled out as a view. */
export interface Seed {
  readonly id: string;
  readonly at: number;
  readonly seed: number;
  /** By how much the clock of its camera is corrected; `at` is with it. */
  readonly shift?: number;
}

export interface Album {
  view: GroupView;
  members: MemberView[];
  invites: InviteView[];
  /** Newest first. */
  seeds: Seed[];
  changes: Map<string, Partial<MomentView>>;
  /** Stacks by their head, newest first; which head stands for a moment. */
  stacks: Map<string, string[]>;
  heads: Map<string, string>;
  seenUntil: number;
}

export const hex = (text: string, value: number) => `${text}${value.toString(16).padStart(64 - text.length, '0')}`;

/** The times of `count` moments between two times, thicker around a few peaks, newest first. */
function times(count: number, from: number, until: number, seed: number): number[] {
  const draw = random(seed);
  const days = Math.max(1, Math.round((until - from) / (24 * HOUR_MS)));
  return Array.from({ length: count }, () => {
    const day = Math.floor(draw() ** 1.3 * days) * 24 * HOUR_MS;
    const hour = (0.45 + (draw() + draw() + draw() - 1.5) * 0.28) * 24 * HOUR_MS;
    return Math.round(until - day - Math.abs(hour));
  }).sort((a, b) => b - a);
}

/** Its pixels, without the rest of its view. */
export function sizeOf({ seed }: Seed): readonly [number, number] {
  return SHAPES[Math.floor(random(seed)() ** 1.6 * SHAPES.length)] ?? [4032, 3024];
}

const CAMERAS = ['NIKON D750', 'Apple iPhone 15', 'Google Pixel 9', 'FUJIFILM X-T5', 'Canon EOS R6'];

/** Whose it is and what it was captured with, without the rest of its view: two of five have a camera beside their phone. */
export function cameraOf(seed: number): { readonly author: number; readonly camera: string } {
  const draw = random(seed);
  draw();
  const author = Math.floor(draw() * PEOPLE.length);
  const which = author < 2 && seed % 3 === 0 ? (author === 0 ? 0 : 3) : author === 0 ? 1 : 2;
  return { author, camera: CAMERAS[which] ?? '' };
}

const cameraFacts = ({ seed, shift = 0 }: Seed): Pick<MomentView, 'camera' | 'shift_ms'> => ({
  camera: cameraOf(seed).camera,
  ...(shift === 0 ? {} : { shift_ms: shift }),
});

export function momentView(group: string, of: Seed, me: number): MomentView {
  const { id, at, seed } = of;
  const draw = random(seed);
  const [width, height] = SHAPES[Math.floor(draw() ** 1.6 * SHAPES.length)] ?? [4032, 3024];
  const author = Math.floor(draw() * PEOPLE.length);
  const person = PEOPLE[author] ?? { name: '', colour: 0 };
  const roll = draw();
  const kind = roll > 0.95 ? 'clip' : roll > 0.9 ? 'live' : 'photo';
  const complete: Held = { state: 'complete' };
  const original: Held = roll > 0.86 && roll < 0.88 ? { state: 'missing', progress: 0.4 } : complete;
  const scene = seed % SCENES;
  const bare = kind === 'clip' && roll > 0.985;
  return {
    id,
    group,
    kind,
    media_type: kind === 'clip' ? 'video/webm' : 'image/jpeg',
    author: hex('d', author),
    author_name: person.name,
    author_colour: person.colour,
    author_is_guest: false,
    mine: author === me,
    captured_at_ms: at,
    captured_offset_min: -new Date(at).getTimezoneOffset(),
    ...cameraFacts(of),
    received_at_ms: at + 900,
    width,
    height,
    ...(kind === 'clip' ? { duration_ms: 4_000 + Math.floor(draw() * 56_000) } : {}),
    placeholder: bare ? '' : placeholder(scene, width, height),
    caption: CAPTIONS[seed % CAPTIONS.length] ?? '',
    reactions:
      seed % 7 === 0
        ? [
            {
              emoji: '❤️',
              count: 1 + (seed % 3),
              mine: seed % 2 === 0,
              names: ['Anna', 'Bruno'],
            },
          ]
        : [],
    size_bytes: Math.round(width * height * 0.31),
    file_name: `IMG_${1000 + (seed % 9000)}.${kind === 'clip' ? 'webm' : 'jpg'}`,
    grid: bare ? { state: 'none' } : complete,
    screen: bare ? { state: 'none' } : complete,
    original: kind === 'clip' ? complete : original,
    motion: kind === 'live' ? complete : { state: 'none' },
    needs_choice: author === me && seed % 41 === 0,
    retracted: false,
    on_devices: author === me && seed % 13 === 0 ? 1 : 2 + (seed % 4),
    favourite: seed % 29 === 0,
    ...(seed % 5 < 2 ? { place: placeOf(draw) } : {}),
  };
}

/** Around a few spots of one town, and some on the way there. */
const SPOTS = [
  [46.686, 7.863],
  [46.59, 7.907],
  [46.559, 7.892],
  [46.947, 7.447],
] as const;

function placeOf(draw: () => number): Place {
  const [latitude, longitude] = SPOTS[Math.floor(draw() ** 2 * SPOTS.length)] ?? SPOTS[0];
  return { latitude: latitude + (draw() - 0.5) * 0.02, longitude: longitude + (draw() - 0.5) * 0.03 };
}

const placeholders = new Map<string, string>();

function placeholder(scene: number, width: number, height: number): string {
  const key = `${scene}:${width}x${height}`;
  let found = placeholders.get(key);
  if (found === undefined) {
    found = scenePlaceholder(scene, width, height);
    placeholders.set(key, found);
  }
  return found;
}

export const sceneOf = (seed: number) => seed % SCENES;

export function album(title: string, number: number, people: number, count: number, from: number, until: number): Album {
  const id = hex('a', number);
  const seeds = times(count, from, until, number + 1).map((at, i) => ({
    id: hex(`b${number}`, i),
    at,
    seed: i * 31 + number * 977 + 5,
  }));
  const members = PEOPLE.slice(0, people).map<MemberView>(({ name, colour }, i) => ({
    device: hex('d', i),
    name,
    colour,
    role: i === 0 ? 'host' : 'member',
    me: i === 0,
    presence: (['here', 'here', 'here', 'asleep', 'unmet'] as const)[i] ?? 'gone',
    ...(i === 0 || i === 4 ? {} : { last_seen_at_ms: until - i * 40_000 }),
    moment_count: Math.floor(count / people),
  }));
  const view: GroupView = {
    id,
    title,
    created_at_ms: from,
    ends_at_ms: until + 6 * HOUR_MS,
    phase: 'active',
    member_count: people,
    blind_box_count: 0,
    here_count: Math.min(2, people - 1),
    moment_count: count,
    missing_count: 0,
    only_here_count: 0,
    can_invite: true,
    is_host: true,
    me: hex('d', 0),
    shares_location: false,
  };
  return { view, members, invites: [], seeds, changes: new Map(), ...stacksOf(seeds), seenUntil: until - HOUR_MS };
}

/** Every so often a few moments in a row are a burst: the oldest stands for them. */
function stacksOf(seeds: Seed[]): Pick<Album, 'stacks' | 'heads'> {
  const stacks = new Map<string, string[]>();
  const heads = new Map<string, string>();
  for (let at = 17; at + 6 < seeds.length; at += 41) {
    const burst = seeds.slice(at, at + 2 + (at % 5));
    const head = burst.at(-1);
    if (head === undefined) continue;
    for (const [place, member] of burst.entries()) {
      const changed = { ...member, at: head.at + (burst.length - 1 - place) * 400, seed: head.seed };
      seeds[at + place] = changed;
      heads.set(member.id, head.id);
    }
    stacks.set(
      head.id,
      burst.map(({ id }) => id),
    );
  }
  seeds.sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1));
  return { stacks, heads };
}

export function invite(number: number, now: number, expiresInMin: number | undefined, maxUses: number | undefined): InviteView {
  return {
    id: hex('e', number),
    link: `afterglow://join/k5w2h8dq0r7m3x9v1n6t4b${number}zcpyfjgsla#192.168.1.24:47001`,
    qr_svg: qrLike(number + 3),
    addresses: ['192.168.1.24:47001', '[fe80::1c2d:3e4f]:47001'],
    ...(expiresInMin === undefined ? {} : { expires_at_ms: now + expiresInMin * 60_000 }),
    ...(maxUses === undefined ? {} : { max_uses: maxUses }),
    uses: 0,
    carrier: false,
    open: true,
  };
}
