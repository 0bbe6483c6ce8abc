// Whether a screen is fit to be seen: it has settled, fits its window, and can be read and used by everybody.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

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
