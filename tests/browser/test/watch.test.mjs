// A watched folder at a real node: what a camera writes there goes out by itself, in sight of its person, who can hold it back.

import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe } from "node:test";
import { fileURLToPath } from "node:url";
import { tabTo } from "../lib/keys.mjs";
import { barriers, overflow, settle } from "../lib/looks.mjs";
import { paint } from "../lib/photos.mjs";
import { DESKTOP, PHONE, Stage } from "../lib/stage.mjs";
import { steps } from "../lib/steps.mjs";

const ARTIFACTS = fileURLToPath(new URL("../artifacts/", import.meta.url));
const TITLE = "Anna & Ben";

describe("a watched folder", () => {
  const step = steps();
  let stage, alice, bob, group, photos, folder;

  before(async () => {
    mkdirSync(ARTIFACTS, { recursive: true });
    stage = await Stage.open();
    const takenAt = (minutes) => new Date(Date.UTC(2026, 7, 1, 17, minutes));
    photos = await paint(
      stage.browser,
      join(stage.folder, "photos"),
      ["dunes", "forest", "garden", "stars"].map((kind, at) => ({ kind, seed: at + 1, width: 1600, height: 1200, takenAt: takenAt(at) })),
    );
    folder = join(stage.folder, "101D750");
    mkdirSync(folder);
    [alice, bob] = await Promise.all([stage.enter("Alice"), stage.enter("Bob")]);
    await Promise.all([alice.introduce(), bob.introduce()]);
    await alice.startGroup(TITLE);
    const link = await alice.invite();
    await alice.closeSheet();
    await bob.join(link, TITLE);
    group = /group\/([0-9a-f]+)/.exec(alice.page.url())[1];
  });

  after(() => stage?.close());

  const write = (number) => copyFileSync(photos[number].path, join(folder, `DSC_470${number}.JPG`));
  const sign = () => alice.page.getByRole("complementary", { name: "Watched folder" });
  const sheet = () => alice.dialog("Watched folder");
  const open = async () => {
    await sign().getByRole("link").click();
    await sheet().waitFor();
  };

  step("the settings lead to it by keyboard alone, and a page says how a folder is chosen", async () => {
    await go("#/settings");
    await alice.dialog("Settings").waitFor();
    await tabTo(alice, TITLE);
    await alice.page.keyboard.press("Enter");
    await sheet().getByText("afterglow watch --keep").waitFor();
    assert.equal(await sheet().getByRole("button", { name: "Choose a folder" }).count(), 0, "a page cannot reach the machine's folders");
    await looksRight("watch-off");
  });

  step("it shows at once what is watched, and that what was there before stays", async () => {
    write(0);
    await alice.node.call("watch", "--keep", folder);
    await sheet().getByText("New files go out.").waitFor();
    await sheet().getByText("1 file was there before and stays.").waitFor();
    await looksRight("watch-on");
    await alice.page.keyboard.press("Escape");
    await alice.dialog("Settings").waitFor();
    await go(`#/group/${group}`);
    await sign().getByText("Watching 101D750: new photos go out").waitFor();
  });

  step("a new file is held back by keyboard in its 10 seconds, and reaches nobody", async () => {
    write(1);
    await sign().getByText("DSC_4701.JPG").waitFor();
    await tabTo(alice, "Hold back DSC_4701.JPG");
    await alice.page.keyboard.press("Enter");
    await sign().getByText("DSC_4701.JPG").waitFor({ state: "detached" });
    write(2);
    await sign().getByText("DSC_4702.JPG").waitFor();
    await looksRight("watch-sign");
    // It came later: when it is with the other, the time of the one that was held back is over.
    await bob.sees(1);
    await sign().getByText("DSC_4702.JPG").waitFor({ state: "detached" });
  });

  step("what was held back is let go, and what was there before is added when asked to", async () => {
    await open();
    await sheet().getByText("1 file went out").waitFor();
    await sheet().getByRole("heading", { name: "1 held back" }).waitFor();
    await looksRight("watch-held");
    await tabTo(alice, "Let it go out");
    await alice.page.keyboard.press("Enter");
    await bob.sees(2);
    await tabTo(alice, "Add these too");
    await alice.page.keyboard.press("Enter");
    await bob.sees(3);
    await sheet().getByText("3 files went out").waitFor();
    await alice.closeSheet();
  });

  step("a folder that is gone is said to be, and it is looked for until it is back", async () => {
    const bag = join(stage.folder, "bag");
    renameSync(folder, bag);
    await sign().getByText("The folder is not there. It is looked for until it is back.").waitFor();
    await looksRight("watch-missing");
    renameSync(bag, folder);
    await sign().getByText("Watching 101D750: new photos go out").waitFor();
  });

  step("a finger holds a file back", async () => {
    const phone = await stage.visit(alice.node, { viewport: PHONE, hasTouch: true, isMobile: true, deviceScaleFactor: 2 });
    await phone.page.evaluate((group) => {
      location.hash = `#/group/${group}`;
    }, group);
    write(3);
    await phone.button("Hold back DSC_4703.JPG").tap();
    await phone.button("Hold back DSC_4703.JPG").waitFor({ state: "detached" });
    await phone.page.getByRole("complementary", { name: "Watched folder" }).getByRole("link").tap();
    await phone.dialog("Watched folder").getByText("DSC_4703.JPG").waitFor();
    await phone.page.context().close();
  });

  step("it goes on after a restart, with all that was said", async () => {
    const ended = await alice.node.stop();
    assert.equal(ended.code, 0, ended.log);
    await alice.page.goto(await alice.node.serve());
    // Of the node that was away, which is what was asked for.
    alice.complaints = [];
    await go(`#/group/${group}`);
    await open();
    await sheet().getByText("3 files went out").waitFor();
    await sheet().getByText("DSC_4703.JPG").waitFor();
    assert.equal((await bob.sees(3)).length, 3, "nothing went out twice");
  });

  step("off is off", async () => {
    await tabTo(alice, "Stop watching");
    await alice.page.keyboard.press("Enter");
    await sheet().getByText("afterglow watch --keep").waitFor();
    await alice.closeSheet();
    await sign().waitFor({ state: "detached" });
    assert.equal((await alice.node.call("watch")).state, "off");
  });

  step("nothing complained", () => {
    assert.deepEqual(stage.complaints(), []);
  });

  function go(hash) {
    return alice.page.evaluate((hash) => {
      location.hash = hash;
    }, hash);
  }

  /** Looks at the screen in both themes, on a phone and at a desk. */
  async function looksRight(name) {
    const wrong = [];
    for (const theme of ["dark", "light"]) {
      await alice.page.emulateMedia({ colorScheme: theme });
      for (const [size, viewport] of Object.entries({ phone: PHONE, desktop: DESKTOP })) {
        await alice.page.setViewportSize(viewport);
        await settle(alice.page);
        await alice.page.screenshot({ path: `${ARTIFACTS}${name}-${size}-${theme}.png` });
        for (const one of [...(await barriers(alice.page)), ...(await overflow(alice.page))]) wrong.push(`${size}, ${theme}: ${one}`);
      }
    }
    assert.deepEqual(wrong, []);
  }
});
