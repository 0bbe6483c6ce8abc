// What goes in and out at a real node, by keyboard alone and by finger: a folder and an album come in, a picture goes to the
// clipboard, originals go to another app, the album goes home.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe } from "node:test";
import { tooSmall } from "../lib/fingers.mjs";
import { focused, tabTo } from "../lib/keys.mjs";
import { paint } from "../lib/photos.mjs";
import { DESKTOP, PHONE, Stage } from "../lib/stage.mjs";
import { steps } from "../lib/steps.mjs";

const HANDS = {
  "by keyboard alone": { viewport: DESKTOP },
  "by finger": { viewport: PHONE, hasTouch: true, isMobile: true },
};
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

for (const [how, options] of Object.entries(HANDS)) {
  describe(`in and out ${how}`, () => {
    const step = steps();
    const byTouch = options.hasTouch === true;
    let stage, alice, folder, album, photos, group;

    before(async () => {
      stage = await Stage.open();
      const takenAt = (hour) => new Date(Date.now() - hour * 3_600_000);
      folder = join(stage.folder, "card", "DCIM");
      photos = await paint(stage.browser, folder, [
        { kind: "dunes", seed: 1, width: 1600, height: 1200, takenAt: takenAt(1) },
        { kind: "forest", seed: 2, width: 1200, height: 1600, takenAt: takenAt(2) },
      ]);
      const { node } = await stage.node("Alice");
      await node.call("profile", "--name", "Alice");
      // An album that was taken home, with the previews and the page that Afterglow puts beside its photos.
      const others = await paint(stage.browser, join(stage.folder, "others"), [
        { kind: "lake", seed: 3, width: 1600, height: 1200, takenAt: takenAt(50) },
      ]);
      await node.call("group", "create", "Last summer");
      await node.call("post", ...others.map(({ path }) => path), "--wait", "0");
      album = join(stage.folder, "album");
      await node.call("export", album, "--format", "web");
      group = (await node.call("group", "create", "Coming in")).id;
      alice = await stage.visit(node, { acceptDownloads: true, ...options });
      await alice.page.evaluate((group) => {
        location.hash = `#/group/${group}`;
      }, group);
      await alice.heading("Coming in").waitFor();
    });

    after(() => stage?.close());

    /** Presses what is named so, as the hand does. */
    const press = async (name) => {
      if (byTouch) return alice.page.getByRole("button", { name, exact: true }).or(alice.link(name)).and(alice.page.locator(":enabled, a[href]")).last().tap();
      await tabTo(alice, name);
      await alice.page.keyboard.press("Enter");
    };

    const openTakeHome = async () => {
      if (byTouch) await press("Take home and share");
      else await alice.page.keyboard.press("h");
      await alice.dialog("Take home and share").waitFor();
    };

    /** Brings a folder of the disk in. */
    const bringIn = async (path, found) => {
      await openTakeHome();
      await alice.button("Add a folder").and(alice.page.locator(":enabled")).waitFor();
      const chooser = alice.page.waitForEvent("filechooser");
      await press("Add a folder");
      await (await chooser).setFiles(path);
      await alice.page.getByText(found).waitFor();
      if (byTouch) assert.deepEqual(await tooSmall(alice.page), [], "what a finger aims at is large enough");
      await press("Add them");
    };

    const leave = async () => {
      if (!byTouch) return alice.closeSheet();
      await alice.page.getByRole("dialog").getByRole("button", { name: "Close", exact: true }).tap();
      await alice.page.locator("dialog[open]").waitFor({ state: "detached" });
    };

    step("a folder comes in", async () => {
      await bringIn(join(stage.folder, "card"), /^2 photos and clips/);
      await leave();
      await alice.sees(2);
    });

    step("an album that was taken home comes in, without what lies beside its photos", async () => {
      await bringIn(album, /^1 photo or clip/);
      await leave();
      await alice.sees(3);
      const { moments } = await alice.call("timeline.page", { group, limit: 10, filter: {} });
      assert.deepEqual(moments.map(({ mine }) => mine), [true, true, true], "who imports is the author");
    });

    step("the open picture is copied", async () => {
      const [newest] = await alice.sees(3);
      if (byTouch) await alice.tile(newest).tap();
      else {
        await alice.page.keyboard.press("Home");
        await alice.page.keyboard.press("Enter");
      }
      await alice.page.waitForURL(`**/moment/${newest}`);
      const shown = alice.page.locator(`dialog img.shown[src*="${newest}"]`).first();
      await shown.waitFor();
      await alice.button("Save original").and(alice.page.locator(":enabled")).waitFor();
      await alice.page.evaluate(() => navigator.clipboard.writeText("something else"));
      if (byTouch) await press("Copy");
      else await alice.page.keyboard.press("ControlOrMeta+c");
      await alice.page.getByText("Picture copied").waitFor();
      const copied = await alice.page.evaluate(async (screen) => {
        const [item] = await navigator.clipboard.read();
        const pixels = async (blob) => {
          const bitmap = await createImageBitmap(blob);
          const canvas = new OffscreenCanvas(8, 6);
          canvas.getContext("2d").drawImage(bitmap, 0, 0, 8, 6);
          return { width: bitmap.width, height: bitmap.height, dots: [...canvas.getContext("2d").getImageData(0, 0, 8, 6).data] };
        };
        return { types: item.types, taken: await pixels(await item.getType("image/png")), given: await pixels(await (await fetch(screen)).blob()) };
      }, (await shown.getAttribute("src")).replace(/\/(grid|screen|original)$/, "/screen"));
      assert.ok(copied.types.includes("image/png"));
      assert.deepEqual([copied.taken.width, copied.taken.height], [copied.given.width, copied.given.height], "it is the picture that was seen");
      const apart = Math.max(...copied.taken.dots.map((dot, at) => Math.abs(dot - copied.given.dots[at])));
      assert.ok(apart <= 3, `its colours are those that were seen: ${apart} apart`);
    });

    if (!byTouch) {
      step("text that is selected is copied as text", async () => {
        await alice.page.keyboard.press("i");
        await alice.page.getByText("Dimensions").waitFor();
        await alice.page.evaluate(() => getSelection().selectAllChildren(document.querySelector("aside dt")));
        const words = await alice.page.evaluate(() => getSelection().toString());
        await alice.page.keyboard.press("ControlOrMeta+c");
        await alice.until(alice.page, async (page) => (await page.evaluate(() => navigator.clipboard.readText())) === words, "the words are on the clipboard");
        await alice.page.evaluate(() => getSelection().empty());
      });
    }

    step("the open moment gets words and a heart", async () => {
      if (byTouch) await press("Info");
      else await alice.page.keyboard.press("c");
      const field = alice.page.getByLabel("Caption", { exact: true });
      if (byTouch) await field.tap();
      else await focused(alice, "Caption");
      await alice.page.keyboard.type("Sand in every shoe");
      await press("Save");
      await alice.dialog("Sand in every shoe").waitFor();
      if (byTouch) await alice.page.locator("aside").getByRole("button", { name: "Close info", exact: true }).tap();
      else await alice.page.keyboard.press("i");
      await alice.page.locator("aside").waitFor({ state: "detached" });
      if (byTouch) await press("React with ❤️, 0 so far");
      else await alice.page.keyboard.press("l");
      await alice.button("React with ❤️, 1 so far").waitFor();
    });

    step("two originals are handed to another app, bit for bit", async () => {
      await leave();
      // Linux has no dialog for sharing: what the browser would be handed is kept here. The bytes are the node's.
      await alice.page.evaluate(() => {
        navigator.canShare = () => true;
        navigator.share = async ({ files }) => {
          globalThis.handed = await Promise.all(
            files.map(async (file) => {
              const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
              return { name: file.name, type: file.type, sha256: [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("") };
            }),
          );
        };
      });
      const [first, second] = await alice.sees(3);
      if (byTouch) {
        await rest(alice, first);
        await alice.page.getByText("1 selected").first().waitFor();
        await alice.tile(second).tap();
      } else {
        await alice.page.keyboard.press("Home");
        await alice.page.keyboard.press("x");
        await alice.page.keyboard.press("Shift+ArrowRight");
      }
      await alice.page.getByText("2 selected").first().waitFor();
      await press("Share");
      await alice.until(alice.page, (page) => page.evaluate(() => globalThis.handed?.length === 2), "two files were handed over");
      const handed = await alice.page.evaluate(() => globalThis.handed);
      const expected = photos.map(({ path, bytes }) => ({ name: path.split("/").at(-1), type: "image/jpeg", sha256: sha256(bytes) }));
      assert.deepEqual(handed, expected);
      await press("Clear the selection");
      await alice.page.getByText("2 selected").first().waitFor({ state: "detached" });
    });

    step("words are found, and everything is there again afterwards", async () => {
      if (byTouch) await press("Search");
      else await alice.page.keyboard.press("/");
      await alice.page.keyboard.type("shoe sand");
      await alice.page.getByText("1 found").waitFor();
      await alice.sees(1);
      await alice.page.getByText("3 moments", { exact: false }).first().waitFor();
      if (byTouch) await press("Clear the search");
      else await alice.page.keyboard.press("Escape");
      await alice.sees(3);
    });

    step("a favourite is marked, and only favourites are shown", async () => {
      const [, second] = await alice.sees(3);
      if (byTouch) await rest(alice, second);
      else {
        await alice.page.keyboard.press("Home");
        await alice.page.keyboard.press("ArrowRight");
        await alice.page.keyboard.press("x");
      }
      await alice.page.getByText("1 selected").first().waitFor();
      if (byTouch) await press("Favourite");
      else await alice.page.keyboard.press("f");
      await alice.button("No longer a favourite").waitFor();
      await press("Clear the selection");
      await press("Favourites");
      assert.deepEqual(await alice.sees(1), [second]);
      await press("Favourites");
      await alice.sees(3);
    });

    step("a moment is taken back, which can be undone", async () => {
      const ids = await alice.sees(3);
      const select = async () => {
        if (byTouch) return rest(alice, ids[2]);
        await alice.page.keyboard.press("End");
        await alice.until(alice.tile(ids[2]), (tile) => tile.evaluate((tile) => tile === document.activeElement), "the last has the focus");
        await alice.page.keyboard.press("x");
      };
      await select();
      await press("Take back");
      await alice.tile(ids[2]).waitFor({ state: "detached" });
      await press("Undo");
      assert.deepEqual(await alice.sees(3), ids);
      await select();
      await press("Take back");
      await alice.until(alice.page, async () => (await alice.call("group.get", { group })).moment_count === 2, "the node has taken it back");
      assert.deepEqual(await alice.sees(2), ids.slice(0, 2));
    });

    step("the album goes home as one file", async () => {
      await openTakeHome();
      await alice.button("Download").first().waitFor();
      const download = alice.page.waitForEvent("download");
      await press("Download");
      const zip = readFileSync(await (await download).path());
      assert.equal(zip.subarray(0, 4).toString("latin1"), "PK\x03\x04");
      for (const { path, bytes } of photos) assert.ok(zip.includes(bytes), `${path} is in it, bit for bit`);
      await leave();
    });

    step("nothing complained", () => assert.deepEqual(stage.complaints(), []));
  });
}

/** A finger that rests on a tile until it is selected. */
async function rest({ page, context }, id) {
  const { x, y, width, height } = await page.locator(`[data-moment="${id}"]`).boundingBox();
  const session = await context.newCDPSession(page);
  const touch = (type, ...touchPoints) => session.send("Input.dispatchTouchEvent", { type, touchPoints });
  await touch("touchStart", { x: x + width / 2, y: y + height / 2 });
  await page.getByText("1 selected").first().waitFor();
  await touch("touchEnd");
}
