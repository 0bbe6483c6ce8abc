// "Share what they lack": who was away gets one file, made for them on one page and opened on another, with no network between them.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe } from "node:test";
import { paint } from "../lib/photos.mjs";
import { Stage } from "../lib/stage.mjs";
import { steps } from "../lib/steps.mjs";

const TITLE = "Anna & Ben";
const CAPTION = "The cake";
const HOUR_MS = 3_600_000;
/** Three times the interval in which devices say what they hold. */
const HEARD_MS = 90_000;
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

describe("a bundle for who was away", () => {
  const step = steps();
  const nodes = {};
  let stage, alice, carol, group, old, fresh, known, whole, partial;

  before(async () => {
    stage = await Stage.open();
    for (const name of ["Alice", "Bob", "Carol"]) {
      nodes[name] = (await stage.node(name)).node;
      await nodes[name].call("profile", "--name", name);
    }
    group = (await nodes.Alice.call("group", "create", TITLE)).id;
    const { link } = await nodes.Alice.call("group", "invite", group);
    for (const name of ["Bob", "Carol"]) await nodes[name].call("join", link);
    [alice, carol] = [await at("Alice"), await at("Carol")];
    await alice.until(alice.page, async () => (await members()).size === 2, "Alice knows both by name");
    await nodes.Bob.stop();
    const wish = (kind, hoursAgo) => ({ kind, seed: hoursAgo, width: 1600, height: 1200, takenAt: new Date(Date.now() - hoursAgo * HOUR_MS) });
    [fresh, ...old] = await paint(stage.browser, join(stage.folder, "camera"), [wish("sea", 1), wish("lake", 2), wish("forest", 3), wish("dunes", 4)]);
    await nodes.Alice.call("post", "--group", group, ...old.map(({ path }) => path), "--wait", "0");
    known = await carol.sees(old.length);
    await carol.until(carol.page, async () => (await carol.call("group.get", { group })).missing_count === 0, "Carol has the originals");
    await carol.context.close();
    // What a device holds is said when it comes, and then only twice a minute.
    await nodes.Carol.stop();
    await nodes.Carol.serve();
    const wanted = { whole: false, lacked_by: [(await members()).get("Carol")], previews_only: false };
    await alice.until(alice.page, async () => (await alice.call("album.share", { group, wish: wanted })).blobs === 0, "Alice has heard that Carol has it all", HEARD_MS);
    await nodes.Carol.stop();
  });

  after(() => stage?.close());

  step("while Carol is away there is a new moment and a caption", async () => {
    await alice.add(fresh.path);
    await alice.sees(old.length + 1);
    await alice.tile(known[0]).click();
    await alice.page.keyboard.press("c");
    await alice.page.getByLabel("Caption").fill(CAPTION);
    await alice.button("Save").click();
    await alice.dialog(CAPTION).waitFor();
    await alice.closeSheet();
  });

  step("Bob, who has been away longer, lacks everything, Carol the new moment alone", async () => {
    await alice.link("Take home and share").click();
    await forWhom("Bob");
    await alice.page.getByText(new RegExp(`^${old.length + 1} moments, `)).waitFor();
    await forWhom("Carol");
    await alice.page.getByText(/^1 moment, /).waitFor();
  });

  step("what Carol lacks is downloaded as one file, smaller than everything", async (t) => {
    partial = await make("for Carol.afterglow");
    await choose("What goes in", "Everything");
    await alice.page.getByText(new RegExp(`^${old.length + 1} moments, `)).waitFor();
    whole = await make("everything.afterglow");
    const [part, all] = [partial, whole].map((path) => statSync(path).size);
    t.diagnostic(`what she lacks: ${part} bytes, everything: ${all} bytes, the new original: ${fresh.bytes.length} bytes`);
    assert.ok(part > fresh.bytes.length, `the original fits into it: ${part} bytes for ${fresh.bytes.length}`);
    const spared = old.reduce((sum, { bytes }) => sum + bytes.length, 0);
    assert.ok(all - part > spared, `what she has is not carried again: ${part} bytes instead of ${all}`);
  });

  step("with nobody near Carol opens it on her page, and has the moment and the caption", async () => {
    await alice.closeSheet();
    known = await alice.sees(old.length + 1);
    await alice.context.close();
    await nodes.Alice.stop();
    await nodes.Carol.serve();
    carol = await at("Carol");
    await carol.page.getByText(`Nobody near · ${old.length} moments`).waitFor();
    await carol.sees(old.length);
    await open(partial, `3 new files in ${TITLE}`);
    assert.deepEqual(await carol.sees(old.length + 1), known, "the same moments in the same order");
    await carol.tile(known[1]).getByRole("img", { name: CAPTION }).waitFor();
  });

  step("the original is hers, bit by bit", async () => {
    await carol.tile(known[0]).click();
    await carol.button("Save original").and(carol.page.locator(":enabled")).waitFor();
    const download = carol.page.waitForEvent("download");
    await carol.button("Save original").click();
    const bytes = Buffer.concat(await (await (await download).createReadStream()).toArray());
    assert.equal(sha256(bytes), sha256(fresh.bytes));
    await carol.closeSheet();
  });

  step("the one with everything has nothing more for her, and nothing is there twice", async () => {
    await open(whole, "Everything in this bundle was here already");
    assert.deepEqual(await carol.sees(known.length), known);
  });

  step("nothing complained", () => assert.deepEqual(stage.complaints(), []));

  /** Somebody at the group's timeline. */
  async function at(name) {
    const person = await stage.visit(nodes[name], { acceptDownloads: true });
    await person.heading("My groups").waitFor();
    await person.page.evaluate((group) => {
      location.hash = `#/group/${group}`;
    }, group);
    await person.page.getByRole("heading", { name: TITLE, level: 1 }).waitFor();
    return person;
  }

  /** The devices of those whose name Alice knows, without her own. */
  async function members() {
    const { members } = await alice.call("member.list", { group });
    return new Map(members.filter(({ me, name }) => !me && name).map(({ name, device }) => [name, device]));
  }

  async function forWhom(name) {
    await alice.page.getByRole("combobox", { name: "For", exact: true }).selectOption({ label: name });
  }

  async function choose(question, answer) {
    await alice.page.getByRole("group", { name: question }).getByRole("radio", { name: answer, exact: true }).check();
  }

  /** Makes a bundle as it is chosen, and saves it on what goes from hand to hand; its path there. */
  async function make(name) {
    const download = alice.page.waitForEvent("download");
    await alice.button("Make the bundle").click();
    const made = await download;
    assert.match(made.suggestedFilename(), /\.afterglow$/);
    const path = join(stage.folder, "stick", name);
    await made.saveAs(path);
    return path;
  }

  /** Opens a bundle on Carol's page, which says what it brought. */
  async function open(path, said) {
    await carol.link("Take home and share").click();
    await carol.page.getByLabel("Bundle file").setInputFiles(path);
    await carol.page.getByText(said).waitFor();
    await carol.closeSheet();
  }
});
