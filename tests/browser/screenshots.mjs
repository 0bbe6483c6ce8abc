// npm run screenshots: the pictures of docs/screenshots, and the references of the gallery.
//
//   npm run screenshots                 everything
//   npm run screenshots -- evening      the README's pictures, from a real evening on real nodes
//   npm run screenshots -- screens      every screen over the seeded world, with a page that shows them
//   npm run screenshots -- gallery      what the test of the gallery compares with

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { LOOKS, photographGallery } from "./lib/gallery.mjs";
import { settle } from "./lib/looks.mjs";
import { SCREENS, visit } from "./lib/screens.mjs";
import { serveWorld } from "./lib/seeded.mjs";
import { Stage } from "./lib/stage.mjs";
import { buildWorld } from "./lib/world.mjs";

const FOLDER = fileURLToPath(new URL("../../docs/screenshots/", import.meta.url));
const REFERENCES = fileURLToPath(new URL("./references/", import.meta.url));
const MOST_BYTES = 300 * 1024;
const MOST_BYTES_OF_A_SCREEN = 70 * 1024;
const BROWSER = { viewport: { width: 1200, height: 750 }, deviceScaleFactor: 2, reducedMotion: "reduce" };
const FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];
/** Each screen in the look that people meet it in, so that both themes, sizes and languages are there. */
const SIZES = {
  phone: { viewport: { width: 390, height: 844 }, colorScheme: "dark", locale: "en-GB", hasTouch: true, isMobile: true },
  desktop: { viewport: { width: 1280, height: 800 }, colorScheme: "light", locale: "de-DE" },
};
const JOBS = { evening: photographEvening, screens: photographScreens, gallery: photographReferences };

const [only] = process.argv.slice(2);
for (const [name, job] of Object.entries(JOBS)) if (only === undefined || only === name) await job();

async function photographEvening() {
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
}

async function photographScreens() {
  await inTheWorld(async (browser, served) => {
    mkdirSync(`${FOLDER}screens`, { recursive: true });
    const press = await browser.newPage();
    for (const [size, options] of Object.entries(SIZES)) {
      const context = await browser.newContext({ ...options, reducedMotion: "reduce", timezoneId: "Europe/Berlin" });
      for (const [name, screen] of Object.entries(SCREENS)) {
        if (name === "gallery") continue;
        const page = await context.newPage();
        await visit(page, served.origin, screen);
        await settle(page);
        writeFileSync(`${FOLDER}screens/${name}-${size}.webp`, await compress(press, await page.screenshot(), MOST_BYTES_OF_A_SCREEN));
        await page.close();
      }
      await context.close();
    }
  });
  writeFileSync(`${FOLDER}README.md`, listing());
}

/** The page that shows them all. */
function listing() {
  const row = (name) => `| ${name.replaceAll("-", " ")} | ![](screens/${name}-phone.webp) | ![](screens/${name}-desktop.webp) |`;
  return [
    "# Every screen",
    "",
    "Made by `npm run screenshots -- screens` over the seeded world: on a phone in the dark theme and in English, on a desktop in the",
    "light theme and in German. The four pictures of the top README come from real devices.",
    "",
    "| screen | phone | desktop |",
    "| --- | --- | --- |",
    ...Object.keys(SCREENS)
      .filter((name) => name !== "gallery")
      .map(row),
    "",
  ].join("\n");
}

async function photographReferences() {
  await inTheWorld(async (browser, served) => {
    rmSync(REFERENCES, { recursive: true, force: true });
    mkdirSync(REFERENCES, { recursive: true });
    for (const look of Object.keys(LOOKS)) {
      for (const { name, png } of await photographGallery(browser, served.origin, look)) writeFileSync(`${REFERENCES}${name}.png`, png);
    }
  });
}

async function inTheWorld(photograph) {
  const served = await serveWorld();
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
  try {
    await photograph(browser, served);
  } finally {
    await browser.close();
    served.stop();
  }
}

/** The best WebP that is small enough. */
async function compress(page, png, most = MOST_BYTES) {
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
    if (webp.length <= most) return webp;
  }
  throw new Error("the picture does not become small enough");
}
