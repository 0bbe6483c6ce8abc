/** What fingers on the wall mean, told to whoever owns it. */
export interface Touch {
  /** A finger rests on a place: a selection begins there. Answers whether there was a tile. */
  hold: (x: number, y: number) => boolean;
  /** The finger that began a selection moves. */
  draw: (x: number, y: number) => void;
  /** It was lifted. */
  lift: () => void;
  /** Two fingers moved apart (above 1) or together by so much since the last step, about this place. */
  pinch: (factor: number, x: number, y: number) => void;
}

const HOLD_MS = 380;
const STILL_PX = 10;
/** How far two fingers have to move for one step. */
const STEP = 1.32;

/** Follows touches on an element: holding, drawing, pinching. One finger that only moves scrolls, as the browser does it. */
export function follow(element: HTMLElement, touch: Touch): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let start = { x: 0, y: 0 };
  let drawing = false;
  let apart = 0;

  const cancel = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  const spread = ({ touches: [a, b] }: TouchEvent) =>
    a && b
      ? { size: Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY), x: (a.clientX + b.clientX) / 2, y: (a.clientY + b.clientY) / 2 }
      : null;

  function onstart(event: TouchEvent) {
    cancel();
    const two = spread(event);
    if (two !== null) {
      apart = two.size;
      return;
    }
    const finger = event.touches[0];
    if (finger === undefined) return;
    start = { x: finger.clientX, y: finger.clientY };
    timer = setTimeout(() => {
      drawing = touch.hold(start.x, start.y);
      if (drawing) navigator.vibrate?.(8);
    }, HOLD_MS);
  }

  function onmove(event: TouchEvent) {
    const two = spread(event);
    if (two !== null) {
      event.preventDefault();
      const factor = two.size / apart;
      if (factor < STEP && factor > 1 / STEP) return;
      touch.pinch(factor, two.x, two.y);
      apart = two.size;
      return;
    }
    const finger = event.touches[0];
    if (finger === undefined) return;
    if (drawing) {
      event.preventDefault();
      touch.draw(finger.clientX, finger.clientY);
    } else if (Math.hypot(finger.clientX - start.x, finger.clientY - start.y) > STILL_PX) cancel();
  }

  function onend(event: TouchEvent) {
    cancel();
    if (!drawing) return;
    // What follows a hold is no tap.
    event.preventDefault();
    drawing = false;
    touch.lift();
  }

  const onmenu = (event: Event) => {
    if (drawing || timer !== undefined) event.preventDefault();
  };
  element.addEventListener('touchstart', onstart, { passive: true });
  element.addEventListener('touchmove', onmove, { passive: false });
  element.addEventListener('touchend', onend, { passive: false });
  element.addEventListener('touchcancel', onend);
  element.addEventListener('contextmenu', onmenu);
  return () => {
    cancel();
    element.removeEventListener('touchstart', onstart);
    element.removeEventListener('touchmove', onmove);
    element.removeEventListener('touchend', onend);
    element.removeEventListener('touchcancel', onend);
    element.removeEventListener('contextmenu', onmenu);
  };
}
