// What a finger needs.

const TARGET_PX = 44;

/** Controls that a finger could miss, one line each: of the sheet that is open, or of the page. As laid out: one that is pressed shrinks. */
export function tooSmall(page) {
  return page.evaluate((least) => {
    const over = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body;
    const aimed = (one) => one.closest("label") ?? one;
    return [...over.querySelectorAll("a, button, input, select, textarea, summary, [role=button], [role=switch]")]
      .filter((one) => one.type !== "file" && one.tabIndex >= 0 && aimed(one).checkVisibility({ visibilityProperty: true, opacityProperty: true }))
      .map((one) => ({ name: one.getAttribute("aria-label") ?? aimed(one).textContent.trim(), width: aimed(one).offsetWidth, height: aimed(one).offsetHeight }))
      .filter(({ width, height }) => width < least || height < least)
      .map(({ name, width, height }) => `${name}: ${width} × ${height}`);
  }, TARGET_PX);
}
