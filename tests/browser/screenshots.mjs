// npm run screenshots: photographs the README's pictures from a real evening on real nodes into docs/screenshots.

import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { settle } from "./lib/looks.mjs";
import { Stage } from "./lib/stage.mjs";
import { buildWorld } from "./lib/world.mjs";

const FOLDER = fileURLToPath(new URL("../../docs/screenshots/", import.meta.url));
const MOST_BYTES = 300 * 1024;
const BROWSER = { viewport: { width: 1200, height: 750 }, deviceScaleFactor: 2, reducedMotion: "reduce" };

const stage = await Stage.open();
try {
  mkdirSync(FOLDER, { recursive: true });
  const { anna, group } = await buildWorld(stage, BROWSER);
  const { moments } = await anna.call("timeline.page", { group, limit: 50, filter: {} });
  const moment = moments.find(({ caption }) => caption);
  const shots = {
    home: ["#/", () => anna.page.locator("article img.shown").nth(2).waitFor()],
    timeline: [`#/group/${group}`, () => anna.page.locator("[data-moment] img.shown").nth(8).waitFor()],
    moment: [`#/group/${group}/moment/${moment.id}`, () => anna.page.locator("dialog img.shown").first().waitFor()],
    invite: [`#/group/${group}/invite`, () => anna.dialog("Invite").getByRole("img").waitFor()],
  };
  const press = await stage.browser.newPage();
  for (const [name, [hash, shown]] of Object.entries(shots)) {
    await anna.page.evaluate((hash) => {
      location.hash = hash;
    }, hash);
    await shown();
    for (const theme of ["dark", "light"]) {
      await anna.page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
      await settle(anna.page);
      const webp = await compress(press, await anna.page.screenshot());
      writeFileSync(`${FOLDER}${name}-${theme}.webp`, webp);
      console.log(`docs/screenshots/${name}-${theme}.webp ${Math.round(webp.length / 1024)} KB`);
    }
  }
} finally {
  await stage.close();
}

/** The best WebP that is small enough for a README. */
async function compress(page, png) {
  for (let quality = 0.9; quality > 0.3; quality -= 0.1) {
    const base64 = await page.evaluate(
      async ([png, quality]) => {
        const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0));
        const picture = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
        const canvas = new OffscreenCanvas(picture.width, picture.height);
        canvas.getContext("2d").drawImage(picture, 0, 0);
        const webp = new Uint8Array(await (await canvas.convertToBlob({ type: "image/webp", quality })).arrayBuffer());
        let text = "";
        for (let at = 0; at < webp.length; at += 0x8000) text += String.fromCharCode(...webp.subarray(at, at + 0x8000));
        return btoa(text);
      },
      [png.toString("base64"), quality],
    );
    const webp = Buffer.from(base64, "base64");
    if (webp.length <= MOST_BYTES) return webp;
  }
  throw new Error("the picture does not become small enough");
}
