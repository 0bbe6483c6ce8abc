// Whether a screen is fit to be seen: it has settled, fits its window, and can be read and used by everybody.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { PNG } from "pngjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core"), "utf8");

/** Fonts, pictures in view and motion have come to rest. */
export async function settle(page) {
  await page.evaluate(async () => {
    const frame = () => new Promise((next) => requestAnimationFrame(next));
    const inView = (img) => {
      const { bottom, top } = img.getBoundingClientRect();
      return bottom > 0 && top < innerHeight;
    };
    await document.fonts.ready;
    await frame();
    await frame();
    const pictures = [...document.images].filter(inView);
    await Promise.all(pictures.map((img) => img.decode().catch(() => {})));
    const ends = document.getAnimations().filter(({ effect }) => effect?.getComputedTiming().iterations !== Infinity);
    await Promise.all(ends.map(({ finished }) => finished.catch(() => {})));
    await frame();
    await frame();
  });
}

/** What axe-core calls serious or critical, one line each. */
export async function barriers(page) {
  await page.evaluate(`window.axe ?? (() => { ${AXE} })()`);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html, any, all }) => `${id}: ${html.slice(0, 140)} ${[...any, ...all][0]?.message ?? ""}`));
}

/** What sticks out of the window, one line each: sideways anything, downwards the page itself, since its parts scroll. */
export function overflow(page) {
  return page.evaluate(() => {
    const found = [];
    const width = document.documentElement.clientWidth;
    const name = (one) => `${one.tagName.toLowerCase()}${one.className?.baseVal ?? one.className ? `.${one.className.baseVal ?? one.className}` : ""} "${(one.getAttribute("aria-label") ?? one.textContent).trim().slice(0, 40)}"`;
    if (document.documentElement.scrollWidth > width) found.push(`the page is ${document.documentElement.scrollWidth} wide in ${width}`);
    const { scrollHeight, clientHeight, scrollTop } = document.documentElement;
    if (scrollHeight > clientHeight || scrollTop > 0) found.push(`the page is ${scrollHeight} high in ${clientHeight} and scrolled by ${scrollTop}`);
    const over = document.querySelector("dialog[open]") ?? document.body;
    for (const one of over.querySelectorAll("*")) {
      if (!one.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
      // A row that is swiped along on purpose.
      if (one.closest("[data-swiped]")) continue;
      const style = getComputedStyle(one);
      const box = one.getBoundingClientRect();
      if (/auto|scroll/.test(style.overflowX) && one.scrollWidth > one.clientWidth + 1) found.push(`${name(one)} scrolls sideways`);
      const control = one.matches("a, button, input, select, textarea, [role=slider]");
      if (control && box.width > 1 && (box.left < -1 || box.right > width + 1)) found.push(`${name(one)} reaches from ${Math.round(box.left)} to ${Math.round(box.right)}`);
    }
    return found;
  });
}

/** Text that is cut off, one line each: what reaches beyond a box that hides the rest. What ends in an ellipsis on purpose does not count. */
export function clipped(page) {
  return page.evaluate(() => {
    const found = [];
    const over = document.querySelector("dialog[open]") ?? document.body;
    const walker = document.createTreeWalker(over, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const text = node.data.trim();
      const parent = node.parentElement;
      if (text === "" || parent.closest("svg, option, textarea, .hidden-text, [data-swiped]")) continue;
      if (!parent.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const { left, right, top, bottom } = range.getBoundingClientRect();
      // What a list has scrolled out of view is not cut off.
      let [sideways, upright] = [true, true];
      for (let box = parent; box !== null && (sideways || upright); box = box.parentElement) {
        const style = getComputedStyle(box);
        if (style.position === "fixed") break;
        if (style.textOverflow === "ellipsis" || style.webkitLineClamp !== "none") break;
        if (/auto|scroll/.test(style.overflowX)) sideways = false;
        if (/auto|scroll/.test(style.overflowY)) upright = false;
        const edge = box.getBoundingClientRect();
        const hides = (overflow) => /hidden|clip/.test(overflow);
        if (sideways && hides(style.overflowX) && (left < edge.left - 1 || right > edge.right + 1)) found.push(`"${text.slice(0, 60)}" is cut off sideways in ${box.tagName.toLowerCase()}.${box.className}`);
        else if (upright && hides(style.overflowY) && (top < edge.top - 3 || bottom > edge.bottom + 3)) found.push(`"${text.slice(0, 60)}" is cut off above or below in ${box.tagName.toLowerCase()}.${box.className}`);
        else continue;
        break;
      }
    }
    return found;
  });
}

/** Text in smaller letters than so many pixels, one line each. */
export function tooFine(page, least) {
  return page.evaluate((least) => {
    const over = document.querySelector("dialog[open]") ?? document.body;
    const walker = document.createTreeWalker(over, NodeFilter.SHOW_TEXT);
    const found = new Set();
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const parent = node.parentElement;
      if (node.data.trim() === "" || parent.closest("svg, option, .hidden-text")) continue;
      if (!parent.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
      const size = Number.parseFloat(getComputedStyle(parent).fontSize);
      if (size < least) found.add(`"${node.data.trim().slice(0, 40)}" in letters of ${size} px`);
    }
    return [...found];
  }, least);
}

/** Controls that a finger would miss, one line each. */
export function tooSmall(page) {
  const LEAST = 43.5;
  return page.evaluate((least) => {
    const over = document.querySelector("dialog[open]") ?? document.body;
    return [...over.querySelectorAll("a[href], button, input:not([type=hidden], [type=file]), select, textarea, summary, [role=slider], [role=switch]")].flatMap((one) => {
      if (!one.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return [];
      // Tiles are as large as their pictures; links in a sentence are as high as its line.
      if (one.closest("[data-moment], p a")) return [];
      const reach = [one, one.closest("label"), ...one.parentElement.querySelectorAll(`label[for="${one.id}"]`)].filter((box) => box !== null).map((box) => box.getBoundingClientRect());
      const pseudo = [one, ...one.children].flatMap((box) => ["::before", "::after"].map((name) => getComputedStyle(box, name))).filter((style) => style.position === "absolute" && style.content !== "none");
      const width = Math.max(...reach.map((box) => box.width), ...pseudo.map((style) => Number.parseFloat(style.width) || 0));
      const height = Math.max(...reach.map((box) => box.height), ...pseudo.map((style) => Number.parseFloat(style.height) || 0));
      if (reach[0].width <= 1 || (width >= least && height >= least)) return [];
      return [`${one.tagName.toLowerCase()} "${(one.getAttribute("aria-label") ?? one.textContent).trim().slice(0, 40)}" is ${Math.round(width)} x ${Math.round(height)}`];
    });
  }, LEAST);
}

/** A part of a control that has another colour than the rest has at least so many pixels. */
const LEAST_DRAWN = 12;
/** Two colours that can be told apart differ by so much in one channel. */
const TOLD_APART = 48;

/** Controls and signs that cannot be seen, one line each: what was drawn of them has one colour only. */
export async function faded(page) {
  const { data, width, height } = PNG.sync.read(await page.screenshot());
  const boxes = await page.evaluate(() => {
    const over = document.querySelector("dialog[open]") ?? document.body;
    return [...over.querySelectorAll("a[href], button, input, select, textarea, summary, label, svg, [role=switch], [role=slider], h1, h2, h3, p, dt, dd")].flatMap((one) => {
      if (!one.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return [];
      const { left, top, width, height } = one.getBoundingClientRect();
      // Scrolled away, if only in part, or under something else; or a box without anything of its own.
      for (let box = one.parentElement; box !== null; box = box.parentElement) {
        const edge = box.getBoundingClientRect();
        if (getComputedStyle(box).overflow !== "visible" && (left < edge.left || top < edge.top || left + width > edge.right || top + height > edge.bottom)) return [];
      }
      if (width < 8 || height < 8 || left < 0 || top < 0 || left + width > innerWidth || top + height > innerHeight) return [];
      const there = document.elementFromPoint(left + width / 2, top + height / 2);
      if (there === null || !(one.contains(there) || there.contains(one))) return [];
      const shows = one.matches("a, button, input, select, textarea, svg, [role]") || one.textContent.trim() !== "";
      if (!shows || one.closest(".hidden-text") || getComputedStyle(one).opacity === "0") return [];
      const name = (one.getAttribute("aria-label") ?? one.textContent).trim().slice(0, 40);
      return [{ name: `${one.tagName.toLowerCase()} "${name || one.getAttribute("class")}"`, left, top, right: left + width, bottom: top + height }];
    });
  });
  const drawn = ({ left, top, right, bottom }) => {
    let other = 0;
    const [x0, y0] = [Math.floor(left), Math.floor(top)];
    const first = (y0 * width + x0) * 4;
    for (let y = y0; y < Math.min(bottom, height); y += 1)
      for (let x = x0; x < Math.min(right, width); x += 1) {
        const at = (y * width + x) * 4;
        if ([0, 1, 2].some((channel) => Math.abs(data[at + channel] - data[first + channel]) > TOLD_APART)) other += 1;
      }
    return other;
  };
  return boxes.filter((box) => drawn(box) < LEAST_DRAWN).map(({ name }) => `${name} has one colour`);
}
