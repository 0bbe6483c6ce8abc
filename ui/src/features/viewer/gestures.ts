import type { Attachment } from 'svelte/attachments';

interface Point {
  readonly x: number;
  readonly y: number;
}

/** What fingers, a mouse and a wheel can do to a picture. Points are counted from the frame's middle. */
export interface Hands {
  zoomed(): boolean;
  zoom(factor: number, at: Point): void;
  pan(dx: number, dy: number): void;
  toggle(at: Point): void;
  /** One finger moves a picture that is not zoomed, and lets go of it. */
  drag(dx: number, dy: number): void;
  drop(dx: number, dy: number): void;
  /** A finger rests on the picture, or leaves it. */
  press(down: boolean): void;
}

const PRESS_MS = 320;
const DOUBLE_MS = 300;
const STILL_PX = 8;

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
      if (event.button !== 0 || (event.target as HTMLElement).closest('button')) return;
      frame.setPointerCapture(event.pointerId);
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
      if (from !== null && Math.hypot(at.x - from.x, at.y - from.y) > STILL_PX) clearTimeout(timer);
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

function distance(pointers: ReadonlyMap<number, Point>): number {
  const [a, b] = [...pointers.values()];
  return a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 0;
}

function centre(pointers: ReadonlyMap<number, Point>): Point {
  const [a = { x: 0, y: 0 }, b = a] = [...pointers.values()];
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}
