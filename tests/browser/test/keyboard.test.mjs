// The same way by keyboard alone: whatever has the focus shows it, and every step can be reached.

import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { focused, tabTo } from "../lib/keys.mjs";
import { paint } from "../lib/photos.mjs";
import { Stage } from "../lib/stage.mjs";
import { steps } from "../lib/steps.mjs";

const TITLE = "By keyboard";

describe("without a mouse", () => {
  const step = steps();
  let stage, alice, bob, photos;
  const choosers = [];

  before(async () => {
    stage = await Stage.open();
    const takenAt = (hoursAgo) => new Date(Date.now() - hoursAgo * 3_600_000);
    photos = await paint(stage.browser, stage.folder, [
      { kind: "dunes", seed: 1, width: 1600, height: 1200, takenAt: takenAt(1) },
      { kind: "forest", seed: 2, width: 1600, height: 1200, takenAt: takenAt(2) },
    ]);
    [alice, bob] = await Promise.all([stage.enter("Alice"), stage.enter("Bob")]);
    alice.page.on("filechooser", (chooser) => choosers.push(chooser));
  });

  after(() => stage?.close());

  step("first start: the name has the focus, Enter goes on", async () => {
    for (const person of [alice, bob]) {
      await focused(person, "Name");
      await person.page.keyboard.type(person.name);
      await person.page.keyboard.press("Enter");
      await person.heading("Everyone’s photos, on everyone’s device").waitFor();
    }
  });

  step("a group is started", async () => {
    await tabTo(alice, "Start a group");
    await alice.page.keyboard.press("Enter");
    await focused(alice, "Group name");
    await alice.page.keyboard.type(TITLE);
    await alice.page.keyboard.press("Enter");
    await alice.heading(TITLE).waitFor();
  });

  step("the invite opens by I, its link is copied, Escape closes it", async () => {
    await alice.page.keyboard.press("i");
    await alice.dialog("Invite").getByRole("img").waitFor();
    await tabTo(alice, "Copy link");
    await alice.page.keyboard.press("Enter");
    await alice.button("Copied").waitFor();
    await alice.closeSheet();
  });

  step("the other joins by pasting the link", async () => {
    await tabTo(bob, "Join a group");
    await bob.page.keyboard.press("Enter");
    await focused(bob, "Invite link");
    const link = await alice.page.evaluate(() => navigator.clipboard.readText());
    await bob.page.keyboard.insertText(link);
    await bob.heading(TITLE).waitFor();
    await bob.page.keyboard.press("Enter");
    await bob.page.getByRole("heading", { name: TITLE, level: 1 }).waitFor();
  });

  step("A opens the picker", async () => {
    await alice.page.keyboard.press("a");
    await alice.until(alice.page, async () => choosers.length === 1, "the picker has opened");
    const [chooser] = choosers;
    assert.ok(chooser.isMultiple());
    await chooser.setFiles(photos.map(({ path }) => path));
    await bob.sees(2);
  });

  step("arrows move between moments, Enter opens one, arrows turn it", async () => {
    const [newest, oldest] = await bob.sees(2);
    await bob.page.keyboard.press("Home");
    await onMoment(bob, newest);
    await bob.page.keyboard.press("ArrowRight");
    await onMoment(bob, oldest);
    await bob.page.keyboard.press("ArrowLeft");
    await bob.page.keyboard.press("Enter");
    await bob.page.waitForURL(`**/moment/${newest}`);
    await bob.button("Older").and(bob.page.locator(":enabled")).waitFor();
    await bob.page.keyboard.press("ArrowRight");
    await bob.page.waitForURL(`**/moment/${oldest}`);
  });

  step("plus zooms to the original, L gives a heart", async () => {
    await bob.button("Save original").and(bob.page.locator(":enabled")).waitFor();
    for (let step = 0; step < 2; step++) await bob.page.keyboard.press("+");
    await bob.page.locator('dialog img[src$="/original"].shown').waitFor();
    await bob.page.keyboard.press("l");
    await bob.button("React with ❤️, 1 so far").waitFor();
    await bob.closeSheet();
    await alice.tiles.last().getByText("1", { exact: true }).waitFor();
  });

  step("the focus is back on a moment when the sheet has closed", async () => {
    const at = await bob.page.evaluate(() => document.activeElement?.getAttribute("data-moment"));
    assert.ok(at, "a tile has the focus, so that the arrows go on from there");
  });

  step("C writes the caption, take back is reached by Tab and asks first", async () => {
    const [newest] = await alice.sees(2);
    await alice.page.keyboard.press("Home");
    await onMoment(alice, newest);
    await alice.page.keyboard.press("Enter");
    await alice.page.waitForURL(`**/moment/${newest}`);
    await alice.page.keyboard.press("c");
    await focused(alice, "Caption");
    await alice.page.keyboard.type("Sand everywhere");
    await tabTo(alice, "Save");
    await alice.page.keyboard.press("Enter");
    await bob.tile(newest).getByRole("img", { name: "Sand everywhere" }).waitFor();
    await tabTo(alice, "Take back");
    await alice.page.keyboard.press("Enter");
    await alice.dialog("Take this moment back?").waitFor();
    await tabTo(alice, "Take back");
    await alice.page.keyboard.press("Enter");
    await bob.tile(newest).waitFor({ state: "detached" });
    await alice.closeSheet();
  });

  step("a question mark shows the shortcuts", async () => {
    await alice.page.keyboard.press("?");
    await alice.dialog("Keyboard shortcuts").waitFor();
    await alice.closeSheet();
  });

  step("nothing complained", () => assert.deepEqual(stage.complaints(), []));
});

async function onMoment(person, id) {
  await person.until(person.tile(id), (tile) => tile.evaluate((tile) => tile === document.activeElement), "the moment has the focus");
}
