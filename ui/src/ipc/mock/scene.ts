import { rgbaToThumbHash } from 'thumbhash';
import { random } from './random';

type Rgb = readonly [number, number, number];
type Kind = 'shore' | 'hills' | 'lights' | 'people';

interface Palette {
  readonly kind: Kind;
  readonly sky: readonly [Rgb, Rgb, Rgb];
  readonly land: Rgb;
  readonly glow: Rgb;
}

const PALETTES: readonly Palette[] = [
  {
    kind: 'shore',
    sky: [
      [38, 42, 92],
      [226, 104, 88],
      [255, 196, 120],
    ],
    land: [24, 26, 52],
    glow: [255, 226, 170],
  },
  {
    kind: 'hills',
    sky: [
      [120, 176, 220],
      [196, 222, 234],
      [246, 236, 214],
    ],
    land: [52, 84, 58],
    glow: [255, 250, 230],
  },
  {
    kind: 'lights',
    sky: [
      [14, 12, 34],
      [52, 20, 72],
      [20, 12, 30],
    ],
    land: [8, 8, 16],
    glow: [255, 120, 190],
  },
  {
    kind: 'people',
    sky: [
      [60, 34, 60],
      [206, 92, 76],
      [250, 172, 104],
    ],
    land: [26, 16, 24],
    glow: [255, 214, 150],
  },
  {
    kind: 'shore',
    sky: [
      [64, 128, 178],
      [150, 206, 222],
      [232, 240, 226],
    ],
    land: [36, 92, 118],
    glow: [255, 255, 244],
  },
  {
    kind: 'hills',
    sky: [
      [74, 52, 96],
      [208, 120, 120],
      [250, 204, 160],
    ],
    land: [58, 38, 62],
    glow: [255, 224, 190],
  },
  {
    kind: 'lights',
    sky: [
      [26, 16, 10],
      [84, 48, 20],
      [36, 20, 12],
    ],
    land: [14, 9, 6],
    glow: [255, 190, 96],
  },
  {
    kind: 'people',
    sky: [
      [18, 34, 48],
      [56, 104, 112],
      [190, 206, 170],
    ],
    land: [14, 22, 24],
    glow: [240, 240, 200],
  },
  {
    kind: 'hills',
    sky: [
      [150, 190, 160],
      [206, 222, 176],
      [240, 236, 196],
    ],
    land: [44, 76, 44],
    glow: [255, 252, 220],
  },
  {
    kind: 'lights',
    sky: [
      [10, 20, 44],
      [20, 64, 104],
      [12, 24, 48],
    ],
    land: [6, 10, 20],
    glow: [110, 200, 255],
  },
];

const css = (rgb: Rgb) => `rgb(${rgb.map(Math.round).join(',')})`;
const mix = (a: Rgb, b: Rgb, part: number): Rgb => [0, 1, 2].map((i) => (a[i] ?? 0) * (1 - part) + (b[i] ?? 0) * part) as unknown as Rgb;

function palette(seed: number): Palette {
  return PALETTES[seed % PALETTES.length] ?? (PALETTES[0] as Palette);
}

/** A picture that stands for a photo: an SVG document of a sky, a light and something in front of it. */
export function sceneSvg(seed: number, width: number, height: number): string {
  const { kind, sky, land, glow } = palette(seed);
  const draw = random(seed * 7919 + 1);
  const [w, h] = width >= height ? [900, Math.round((900 * height) / width)] : [Math.round((900 * width) / height), 900];
  const sun = {
    x: w * (0.2 + draw() * 0.6),
    y: h * (0.35 + draw() * 0.25),
    r: Math.min(w, h) * (0.05 + draw() * 0.05),
  };
  const stops = sky.map((colour, i) => `<stop offset="${i / 2}" stop-color="${css(colour)}"/>`).join('');
  const front = { shore: shore, hills: hills, lights: lights, people: people }[kind](draw, w, h, land, glow, sky[1]);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}" preserveAspectRatio="xMidYMid slice"><defs><linearGradient id="s" x1="0" y1="0" x2="0" y2="1">${stops}</linearGradient><radialGradient id="g"><stop stop-color="${css(glow)}"/><stop offset="1" stop-color="${css(glow)}" stop-opacity="0"/></radialGradient></defs><rect width="${w}" height="${h}" fill="url(#s)"/><circle cx="${sun.x}" cy="${sun.y}" r="${sun.r * 6}" fill="url(#g)" opacity=".55"/>${kind === 'lights' ? '' : `<circle cx="${sun.x}" cy="${sun.y}" r="${sun.r}" fill="${css(glow)}"/>`}${front}</svg>`;
}

type Front = (draw: () => number, w: number, h: number, land: Rgb, glow: Rgb, air: Rgb) => string;

const ridge = (draw: () => number, w: number, h: number, base: number, swing: number, fill: Rgb) => {
  let path = `M0 ${h}V${h * base}`;
  for (let i = 1; i <= 6; i += 1) {
    const x = (w * i) / 6;
    const y = h * (base + (draw() - 0.5) * swing);
    path += `Q${x - w / 12} ${h * (base + (draw() - 0.5) * swing)} ${x} ${y}`;
  }
  return `<path d="${path}V${h}Z" fill="${css(fill)}"/>`;
};

const hills: Front = (draw, w, h, land, _glow, air) =>
  [0.55, 0.66, 0.8].map((base, i) => ridge(draw, w, h, base, 0.16, mix(air, land, 0.45 + i * 0.27))).join('');

const shore: Front = (draw, w, h, land, glow, air) => {
  const lines = Array.from({ length: 14 }, () => {
    const y = h * (0.64 + draw() * 0.34);
    const x = w * (draw() * 0.9);
    return `<rect x="${x}" y="${y}" width="${w * (0.05 + draw() * 0.2)}" height="${h * 0.006}" rx="3" fill="${css(glow)}" opacity="${0.12 + draw() * 0.4}"/>`;
  });
  return `${ridge(draw, w, h, 0.58, 0.06, mix(air, land, 0.55))}<rect y="${h * 0.62}" width="${w}" height="${h * 0.4}" fill="${css(mix(air, land, 0.72))}"/>${lines.join('')}`;
};

const lights: Front = (draw, w, h, land, glow, air) => {
  const spots = Array.from({ length: 26 }, () => {
    const r = Math.min(w, h) * (0.015 + draw() * 0.07);
    const colour = mix(glow, draw() > 0.5 ? [255, 240, 220] : air, draw() * 0.7);
    return `<circle cx="${draw() * w}" cy="${draw() * h * 0.8}" r="${r}" fill="${css(colour)}" opacity="${0.18 + draw() * 0.5}"/>`;
  });
  return `${spots.join('')}${crowd(draw, w, h, land, 0.92, 9)}`;
};

const people: Front = (draw, w, h, land, _glow, air) =>
  `${ridge(draw, w, h, 0.74, 0.08, mix(air, land, 0.6))}${crowd(draw, w, h, land, 0.8, 4)}`;

function crowd(draw: () => number, w: number, h: number, land: Rgb, top: number, many: number): string {
  const bodies = Array.from({ length: many }, (_, i) => {
    const x = (w * (i + 0.3 + draw() * 0.4)) / many;
    const r = Math.min((w / many) * 0.2, h * 0.055);
    const y = h * (top - draw() * 0.1);
    return `<circle cx="${x}" cy="${y - r * 1.1}" r="${r}"/><path d="M${x - r * 2} ${h}V${y + r * 1.6}q0-${r * 1.6} ${r * 2}-${r * 1.6}t${r * 2} ${r * 1.6}V${h}Z"/>`;
  });
  return `<g fill="${css(land)}">${bodies.join('')}</g>`;
}

/** The scene's thumbhash, base64, from a coarse raster of the same colours. */
export function scenePlaceholder(seed: number, width: number, height: number): string {
  const { kind, sky, land, glow } = palette(seed);
  const draw = random(seed * 7919 + 1);
  const sun = { x: 0.2 + draw() * 0.6, y: 0.35 + draw() * 0.25 };
  const w = width >= height ? 24 : Math.max(8, Math.round((24 * width) / height));
  const h = width >= height ? Math.max(8, Math.round((24 * height) / width)) : 24;
  const edge = { shore: 0.62, hills: 0.66, lights: 0.92, people: 0.78 }[kind];
  const rgba = new Uint8Array(w * h * 4);
  for (let y = 0; y < h; y += 1) {
    for (let x = 0; x < w; x += 1) {
      const fall = y / h;
      const air = fall < 0.5 ? mix(sky[0], sky[1], fall * 2) : mix(sky[1], sky[2], fall * 2 - 1);
      const near = Math.max(0, 1 - Math.hypot(x / w - sun.x, fall - sun.y) * 3);
      const ground = Math.min(1, Math.max(0, (fall - edge) * 6));
      const [r, g, b] = mix(mix(air, glow, near * 0.5), land, ground * 0.85);
      rgba.set([r, g, b, 255], (y * w + x) * 4);
    }
  }
  return btoa(String.fromCharCode(...rgbaToThumbHash(w, h, rgba)));
}

/** An SVG document as an address that needs no server. */
export const svgUrl = (svg: string) => `data:image/svg+xml,${encodeURIComponent(svg)}`;

/** A square pattern that looks like a QR code and is none. */
export function qrLike(seed: number): string {
  const draw = random(seed);
  const size = 41;
  let path = '';
  const finder = (x: number, y: number) => x < 8 && y < 8;
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const corner = finder(x, y) || finder(size - 1 - x, y) || finder(x, size - 1 - y);
      if (!corner && draw() > 0.52) path += `M${x} ${y}h1v1h-1z`;
    }
  }
  for (const [x, y] of [
    [0, 0],
    [size - 7, 0],
    [0, size - 7],
  ] as const) {
    path += `M${x} ${y}h7v7h-7zM${x + 1} ${y + 1}v5h5v-5zM${x + 2} ${y + 2}h3v3h-3z`;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 -2 ${size + 4} ${size + 4}" shape-rendering="crispEdges"><path d="${path}"/></svg>`;
}
