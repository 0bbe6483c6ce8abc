import type { Attachment } from 'svelte/attachments';

interface Point {
  readonly x: number;
  readonly y: number;
}

/** A picture that can be looked at closely. Points are counted from the frame's middle. */
export interface Zoomable {
  zoomed(): boolean;
  zoom(factor: number, at: Point): void;
  pan(dx: number, dy: number): void;
  toggle(at: Point): void;
  /** A finger rests on the picture, or leaves it. */
  press(down: boolean): void;
}

/** What fingers, a mouse and a wheel can do to what stands in a frame. */
export interface Hands extends Zoomable {
  /** One finger moves what is not zoomed, and lets go of it. */
  drag(dx: number, dy: number): void;
  drop(dx: number, dy: number): void;
}

const PRESS_MS = 320;
const DOUBLE_MS = 300;
const STILL_PX = 8;
/** How high a player's own controls are at most, with a line to seek on above its buttons. */
const CONTROLS_PX = 96;

/** Turns pointer and wheel events into what hands do. */
export function gestures(hands: Hands): Attachment<HTMLElement> {
  return (frame) => {
    const pointers = new Map<number, Point>();
    let from: Point | null = null;
    let spread = 0;
    let tappedAt = 0;
    let pressed = false;
    let timer: ReturnType<typeof setTimeout> | undefined;

    const middle = ({ x, y }: Point): Point => {
      const box = frame.getBoundingClientRect();
      return {
        x: x - box.left - box.width / 2,
        y: y - box.top - box.height / 2,
      };
    };
    const stopPress = () => {
      clearTimeout(timer);
      if (pressed) hands.press(false);
      pressed = false;
    };

    const down = (event: PointerEvent) => {
      if (event.button !== 0 || document.fullscreenElement !== null || isControl(event)) return;
      const at = { x: event.clientX, y: event.clientY };
      pointers.set(event.pointerId, at);
      spread = distance(pointers);
      from = pointers.size === 1 ? at : null;
      clearTimeout(timer);
      timer = setTimeout(() => {
        pressed = from !== null;
        if (pressed) hands.press(true);
      }, PRESS_MS);
    };

    const move = (event: PointerEvent) => {
      const before = pointers.get(event.pointerId);
      if (before === undefined) return;
      const at = { x: event.clientX, y: event.clientY };
      pointers.set(event.pointerId, at);
      // Only what moves is the frame's: a tap stays with what was tapped, such as a player.
      if (from === null || Math.hypot(at.x - from.x, at.y - from.y) > STILL_PX) {
        frame.setPointerCapture(event.pointerId);
        clearTimeout(timer);
      }
      if (pointers.size === 2) {
        const next = distance(pointers);
        if (spread > 0) hands.zoom(next / spread, middle(centre(pointers)));
        spread = next;
      } else if (hands.zoomed()) hands.pan(at.x - before.x, at.y - before.y);
      else if (from !== null && !pressed) hands.drag(at.x - from.x, at.y - from.y);
    };

    const up = (event: PointerEvent) => {
      if (!pointers.delete(event.pointerId)) return;
      const at = { x: event.clientX, y: event.clientY };
      const wasPressed = pressed;
      stopPress();
      if (from !== null && !wasPressed && event.type === 'pointerup') release(at, from, event.timeStamp);
      else if (from !== null) hands.drop(0, 0);
      from = null;
      spread = distance(pointers);
    };

    const release = (at: Point, start: Point, now: number) => {
      const still = Math.hypot(at.x - start.x, at.y - start.y) < STILL_PX;
      if (!still) {
        if (!hands.zoomed()) hands.drop(at.x - start.x, at.y - start.y);
        return;
      }
      hands.drop(0, 0);
      if (now - tappedAt < DOUBLE_MS) hands.toggle(middle(at));
      tappedAt = now - tappedAt < DOUBLE_MS ? 0 : now;
    };

    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      hands.zoom(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.002)), middle({ x: event.clientX, y: event.clientY }));
    };

    frame.addEventListener('pointerdown', down);
    frame.addEventListener('pointermove', move);
    frame.addEventListener('pointerup', up);
    frame.addEventListener('pointercancel', up);
    frame.addEventListener('wheel', wheel, { passive: false });
    return () => {
      clearTimeout(timer);
      frame.removeEventListener('pointerdown', down);
      frame.removeEventListener('pointermove', move);
      frame.removeEventListener('pointerup', up);
      frame.removeEventListener('pointercancel', up);
      frame.removeEventListener('wheel', wheel);
    };
  };
}

/** Whether what is under a pointer has a use for it itself. */
function isControl({ target, clientY }: PointerEvent): boolean {
  if (target instanceof HTMLVideoElement) return target.controls && target.getBoundingClientRect().bottom - clientY < CONTROLS_PX;
  return target instanceof Element && target.closest('button, a') !== null;
}

function distance(pointers: ReadonlyMap<number, Point>): number {
  const [a, b] = [...pointers.values()];
  return a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 0;
}

function centre(pointers: ReadonlyMap<number, Point>): Point {
  const [a = { x: 0, y: 0 }, b = a] = [...pointers.values()];
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}
