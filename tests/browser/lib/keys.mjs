// What a person does without a mouse, and whether they can see where they are.

import assert from "node:assert/strict";
import { PATIENCE_MS } from "./person.mjs";

const MOST_TABS = 60;

/** Presses Tab until what is named so has the focus, and visibly so. */
export async function tabTo(person, name) {
  const passed = [];
  for (let press = 0; press < MOST_TABS; press++) {
    await person.page.keyboard.press("Tab");
    const at = await focus(person);
    assert.ok(at.seen, `the focus can be seen on "${at.name}"`);
    if (at.name === name) return;
    passed.push(at.name);
  }
  assert.fail(`Tab does not lead to "${name}", but to ${passed.join(", ")}`);
}

export async function focused(person, name) {
  await person.until(person.page, async () => (await focus(person)).name === name, `"${name}" has the focus`, PATIENCE_MS);
}

/** What has the focus: the name a person hears, and whether one sees it. */
function focus({ page }) {
  return page.evaluate(() => {
    const at = document.activeElement ?? document.body;
    const shows = (of) => {
      const style = getComputedStyle(of);
      return (style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== "none";
    };
    const label = at.getAttribute("aria-label") ?? at.labels?.[0]?.firstChild?.textContent ?? at.textContent ?? "";
    // A hidden radio shows its focus on the label that stands for it, a chip on what is drawn in it; the page itself and a dialog need none.
    const frame = ["BODY", "DIALOG"].includes(at.tagName) || at.scrollHeight > at.clientHeight + 1;
    return { name: label.trim(), seen: frame || [at, at.closest("label"), at.parentElement, at.firstElementChild].some((one) => one && shows(one)) };
  });
}
