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
