/**
 * Keeps `--keyboard` at the height that a phone's keyboard covers. Where the page shrinks for it (Android) that is nothing;
 * iOS lays it over the page.
 */
export function followKeyboard(
  view: VisualViewport | null = globalThis.visualViewport ?? null,
  root: HTMLElement = document.documentElement,
): () => void {
  if (view === null) return () => {};
  const measure = () => {
    // Who has zoomed in sees less of the page too, without a keyboard.
    const covered = view.scale > 1 ? 0 : Math.max(0, root.clientHeight - view.height - view.offsetTop);
    root.style.setProperty('--keyboard', `${Math.round(covered)}px`);
  };
  view.addEventListener('resize', measure);
  view.addEventListener('scroll', measure);
  measure();
  return () => {
    view.removeEventListener('resize', measure);
    view.removeEventListener('scroll', measure);
    root.style.removeProperty('--keyboard');
  };
}
