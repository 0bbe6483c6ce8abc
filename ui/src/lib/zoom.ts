/** How a picture lies in its frame: scaled about the frame's middle, then moved. */
export interface View {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export const REST: View = { scale: 1, x: 0, y: 0 };
const MOST = 8;

/** The size of a picture that fits its frame as a whole and is never enlarged beyond `most` times its pixels. */
export function contain(picture: Size, frame: Size): Size {
  if (picture.width <= 0 || picture.height <= 0) return frame;
  const scale = Math.min(frame.width / picture.width, frame.height / picture.height);
  return { width: picture.width * scale, height: picture.height * scale };
}

/** Zooms to `scale` so that the point under the finger (from the frame's middle) stays there. */
export function zoomTo(view: View, scale: number, point: { x: number; y: number }, fitted: Size, frame: Size): View {
  const next = Math.min(MOST, Math.max(1, scale));
  const factor = next / view.scale;
  return settle(
    {
      scale: next,
      x: point.x - (point.x - view.x) * factor,
      y: point.y - (point.y - view.y) * factor,
    },
    fitted,
    frame,
  );
}

/** Keeps the picture's edge from leaving the frame's edge. */
export function settle(view: View, fitted: Size, frame: Size): View {
  const room = (size: number, available: number) => Math.max(0, (size * view.scale - available) / 2);
  const clamp = (value: number, most: number) => Math.min(most, Math.max(-most, value));
  return {
    scale: view.scale,
    x: clamp(view.x, room(fitted.width, frame.width)),
    y: clamp(view.y, room(fitted.height, frame.height)),
  };
}
