// Every component in every state looks as it was photographed. References are in references/; `npm run screenshots -- gallery`
// takes them anew. What differs is shown in artifacts/.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { difference, LOOKS, photographGallery } from "../lib/gallery.mjs";
import { serveWorld } from "../lib/seeded.mjs";

const REFERENCES = fileURLToPath(new URL("../references/", import.meta.url));
const ARTIFACTS = fileURLToPath(new URL("../artifacts/", import.meta.url));
/** Of the worst block of a picture: the smoothing of letters differs a little from one Chromium to the next. */
const TOLERANCE = 0.15;

describe("the gallery", () => {
  let [browser, served] = [];
  const seen = new Set();

  before(async () => {
    mkdirSync(ARTIFACTS, { recursive: true });
    served = await serveWorld();
    browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--headless=new", "--no-sandbox", "--disable-gpu"] });
  });

  after(async () => {
    await browser?.close();
    served?.stop();
  });

  for (const look of Object.keys(LOOKS)) {
    test(`looks as it was photographed: ${look}, ${LOOKS[look].colorScheme}`, async () => {
      const wrong = [];
      for (const { name, png } of await photographGallery(browser, served.origin, look)) {
        seen.add(`${name}.png`);
        const reference = `${REFERENCES}${name}.png`;
        if (!existsSync(reference)) {
          wrong.push(`${name}: there is no reference`);
          continue;
        }
        const { share, why, png: shown } = difference(readFileSync(reference), png);
        if (share <= TOLERANCE) continue;
        writeFileSync(`${ARTIFACTS}${name}-differs.png`, shown);
        wrong.push(`${name}: ${why} (${(share * 100).toFixed(1)} %), see artifacts/${name}-differs.png`);
      }
      assert.deepEqual(wrong, [], "if it is meant, run: npm run screenshots -- gallery");
    });
  }

  test("there is no reference of what is no longer there", () => {
    assert.deepEqual(
      readdirSync(REFERENCES).filter((name) => name.endsWith(".png") && !seen.has(name)),
      [],
    );
  });
});
