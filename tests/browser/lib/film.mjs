// What a camera of a test sees: a still picture as a film that Chromium takes for its camera.

import { writeFileSync } from "node:fs";

const [WIDTH, HEIGHT] = [640, 480];
const FRAMES = 10;

/** The flags of a Chromium whose camera shows the film at `path`, whatever it is whenever the camera is opened. */
export const filmed = (path) => [`--use-file-for-fake-video-capture=${path}`];

/** A film of the picture that an element shows, held before the camera. */
export async function filmOf(picture, path) {
  const base64 = await picture.evaluate(
    async (img, [width, height]) => {
      await img.decode();
      const canvas = new OffscreenCanvas(width, height);
      const paint = canvas.getContext("2d");
      const side = height * 0.9;
      paint.fillStyle = "#fff";
      paint.fillRect(0, 0, width, height);
      paint.drawImage(img, (width - side) / 2, (height - side) / 2, side, side);
      const { data } = paint.getImageData(0, 0, width, height);
      let grey = "";
      for (let at = 0; at < data.length; at += 4) grey += String.fromCharCode(data[at]);
      return btoa(grey);
    },
    [WIDTH, HEIGHT],
  );
  const colourless = Buffer.alloc((WIDTH * HEIGHT) / 2, 128);
  const frame = Buffer.concat([Buffer.from("FRAME\n"), Buffer.from(base64, "base64"), colourless]);
  const head = Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420mpeg2\n`);
  writeFileSync(path, Buffer.concat([head, ...Array.from({ length: FRAMES }, () => frame)]));
}
