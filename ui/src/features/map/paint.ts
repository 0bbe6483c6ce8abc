import type { Camera, Screen } from '../../lib/mercator';
import type { World } from './world';

/** Paints what a camera sees of the world, in the canvas' `color` (land) and `outline-color` (lines). */
export function paint(on: HTMLCanvasElement, { x, y, scale }: Camera, screen: Screen, { land, borders }: World): void {
  const sharp = devicePixelRatio;
  const [width, height] = [Math.round(screen.width * sharp), Math.round(screen.height * sharp)];
  if (on.width !== width || on.height !== height) Object.assign(on, { width, height });
  const ink = on.getContext('2d');
  if (ink === null) return;
  const style = getComputedStyle(on);
  ink.setTransform(1, 0, 0, 1, 0, 0);
  ink.clearRect(0, 0, width, height);
  ink.setTransform(scale * sharp, 0, 0, scale * sharp, width / 2 - x * scale * sharp, height / 2 - y * scale * sharp);
  ink.fillStyle = style.color;
  ink.fill(land);
  ink.lineWidth = 1 / scale;
  ink.strokeStyle = style.outlineColor;
  ink.stroke(land);
  ink.stroke(borders);
}
