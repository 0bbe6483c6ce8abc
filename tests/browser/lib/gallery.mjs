// The gallery as pictures, a part at a time, and what differs between two of them.

import { PNG } from "pngjs";
import { settle } from "./looks.mjs";

/** The looks that are kept: each theme at one size. */
export const LOOKS = {
  phone: { viewport: { width: 390, height: 844 }, colorScheme: "dark", hasTouch: true, isMobile: true },
  desktop: { viewport: { width: 1280, height: 800 }, colorScheme: "light" },
};
const STILL = { reducedMotion: "reduce", locale: "en-GB", timezoneId: "Europe/Berlin" };
const NOW = Date.UTC(2026, 10, 21, 17, 40);
/** Pictures that move by themselves, and what a test should not wait for. */
const QUIET = "video { visibility: hidden !important; } input, textarea { caret-color: transparent !important; }";
/** A channel may differ by so much before a pixel counts: the smoothing of letters does. */
const CHANNEL = 48;

/** Photographs every part of the gallery: name and PNG, in order. */
export async function photographGallery(browser, origin, look) {
  const context = await browser.newContext({ ...STILL, ...LOOKS[look] });
  const page = await context.newPage();
  await page.clock.setFixedTime(NOW);
  await page.goto(`${origin}/#/gallery`);
  await page.addStyleTag({ content: QUIET });
  await page.locator(".gallery > section").last().waitFor();
  const height = await page.locator(".gallery").evaluate((gallery) => gallery.scrollHeight);
  await page.setViewportSize({ ...LOOKS[look].viewport, height });
  await settle(page);
  const pictures = [];
  for (const section of await page.locator(".gallery > section").all()) {
    const title = await section.locator("h2").first().textContent();
    const name = title.toLowerCase().replace(/[^a-z]+/g, "-");
    pictures.push({ name: `${name}-${look}`, png: await section.screenshot() });
  }
  await context.close();
  return pictures;
}

/** Pixels are compared a block of this many at a time: an icon that has changed is little of a picture, but much of a block. */
const BLOCK = 40;

/** Which share of the worst block is different; all when the sizes are, with a picture that shows where. */
export function difference(before, after) {
  const [a, b] = [PNG.sync.read(before), PNG.sync.read(after)];
  if (a.width !== b.width || a.height !== b.height) return { share: 1, why: `${a.width} x ${a.height} became ${b.width} x ${b.height}`, png: after };
  const shown = new PNG({ width: a.width, height: a.height });
  const across = Math.ceil(a.width / BLOCK);
  const blocks = new Uint32Array(across * Math.ceil(a.height / BLOCK));
  for (let pixel = 0, at = 0; at < a.data.length; pixel += 1, at += 4) {
    const isOther = [0, 1, 2].some((channel) => Math.abs(a.data[at + channel] - b.data[at + channel]) > CHANNEL);
    if (isOther) blocks[Math.floor(pixel / a.width / BLOCK) * across + Math.floor((pixel % a.width) / BLOCK)] += 1;
    shown.data.set(isOther ? [255, 0, 80, 255] : [b.data[at], b.data[at + 1], b.data[at + 2], 90], at);
  }
  const worst = blocks.indexOf(Math.max(...blocks));
  const share = blocks[worst] / BLOCK ** 2;
  return { share, why: `most around ${(worst % across) * BLOCK}, ${Math.floor(worst / across) * BLOCK}`, png: PNG.sync.write(shown) };
}
