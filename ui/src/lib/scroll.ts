/** Browsers cap the height of a scroll box near 2^24 px. */
export const MOST_PX = 15_000_000;
const EDGE = 0.1;

/**
 * Scrolls a page that may be higher than a scroll box can be. The box is as high as it can be; `base` is what lies above it.
 * Scrolling moves one to one. Near an end of the box that is no end of the page, the box is moved along the page.
 */
export interface Box {
  /** Height of the scroll box's content. */
  readonly height: number;
  /** Page pixels above the box. */
  readonly base: number;
}

export function boxFor(page: number, top: number, view: number): Box {
  if (page <= MOST_PX) return { height: page, base: 0 };
  const part = Math.min(1, Math.max(0, top / (page - view)));
  return { height: MOST_PX, base: Math.round(Math.min(page - MOST_PX, Math.max(0, part * (page - MOST_PX)))) };
}

/** Whether the box has to be moved along the page, so that there is room to scroll on. */
export function isAtEdge(box: Box, page: number, scrollTop: number, view: number): boolean {
  if (page <= MOST_PX) return false;
  const room = box.height - view;
  const above = scrollTop < room * EDGE && box.base > 0;
  const below = scrollTop > room * (1 - EDGE) && box.base + box.height < page;
  return above || below;
}
