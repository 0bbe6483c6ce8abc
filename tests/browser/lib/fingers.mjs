// What a finger needs.

const TARGET_PX = 44;

/** Controls that a finger could miss, one line each: of the sheet that is open, or of the page. */
export function tooSmall(page) {
  return page.evaluate((least) => {
    const over = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body;
    const aimed = (one) => one.closest("label") ?? one;
    return [...over.querySelectorAll("a, button, input, select, textarea, summary, [role=button], [role=switch]")]
      .filter((one) => one.type !== "file" && one.tabIndex >= 0 && aimed(one).checkVisibility({ visibilityProperty: true, opacityProperty: true }))
      .map((one) => ({ name: one.getAttribute("aria-label") ?? aimed(one).textContent.trim(), box: aimed(one).getBoundingClientRect() }))
      .filter(({ box }) => box.width < least - 0.5 || box.height < least - 0.5)
      .map(({ name, box }) => `${name}: ${Math.round(box.width)} × ${Math.round(box.height)}`);
  }, TARGET_PX);
}
