// What others send and what somebody pastes: told in words, shown as text, never run.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, describe } from "node:test";
import { paint } from "../lib/photos.mjs";
import { Stage } from "../lib/stage.mjs";
import { steps } from "../lib/steps.mjs";

const MARKUP = '<img src=x onerror="alert(1)">';
const TITLE = "<b>Party</b><script>alert(2)</script>";
const CAPTION = '"><svg onload=alert(3)> & <i>words</i>';

describe("hostile and mistaken input", () => {
  const step = steps();
  let stage, mallory, bob, photo, link;

  before(async () => {
    stage = await Stage.open();
    [photo] = await paint(stage.browser, stage.folder, [{ kind: "city", seed: 9, width: 1200, height: 900, takenAt: new Date() }]);
    [mallory, bob] = await Promise.all([stage.enter("Mallory"), stage.enter("Bob")]);
    await mallory.introduce(MARKUP);
    await bob.introduce();
  });

  after(() => stage?.close());

  step("a link that is none is answered in words", async () => {
    await bob.link("Join a group").click();
    const field = bob.page.getByLabel("Invite link");
    for (const wrong of ["hello", "https://example.org/join/abc", "afterglow://join/", "afterglow://join/AAAA"]) {
      await field.fill(wrong);
      await bob.page.getByText("This is not an Afterglow invite, or part of it is missing. Copy the whole link.").waitFor();
      assert.ok(await bob.button("Join").isDisabled());
      await field.fill("");
      await bob.page.getByRole("alert").waitFor({ state: "detached" });
    }
    assert.equal(bob.forgive(422), 4);
  });

  step("an invite that lost its end is not taken", async () => {
    await mallory.startGroup(TITLE);
    link = await mallory.invite();
    await mallory.closeSheet();
    await bob.page.getByLabel("Invite link").fill(link.slice(0, -7));
    await bob.page.getByText("This is not an Afterglow invite, or part of it is missing. Copy the whole link.").waitFor();
    assert.equal(bob.forgive(422), 1);
  });

  step("a name, a title and a caption with markup are text on the other side", async () => {
    await bob.page.getByLabel("Invite link").fill(link);
    await bob.heading(TITLE).waitFor();
    await bob.button("Join").click();
    await bob.page.getByRole("heading", { name: TITLE, level: 1 }).waitFor();
    await mallory.add(photo.path);
    const [id] = await bob.sees(1);
    const group = /group\/(\w+)/.exec(mallory.page.url())[1];
    await mallory.call("moment.caption", { group, moment: id, text: CAPTION });
    await bob.tile(id).getByRole("img", { name: CAPTION }).waitFor();
    await bob.tile(id).click();
    await bob.dialog(CAPTION).getByText(MARKUP, { exact: true }).waitFor();
    await bob.dialog(CAPTION).getByText(CAPTION, { exact: true }).waitFor();
    await bob.closeSheet();
    await bob.link("Members").click();
    await bob.dialog("Members").getByText(MARKUP).waitFor();
    await bob.closeSheet();
    assert.equal(await bob.page.title(), `${TITLE} · Afterglow`);
    assert.equal(await bob.page.locator("svg[onload], img[onerror], b:text('Party')").count(), 0);
  });

  step("a file that is no picture is refused by name, the others go on", async () => {
    const paths = ["notes.jpg", "cut.jpg"].map((name) => `${stage.folder}/${name}`);
    writeFileSync(paths[0], "these are words");
    writeFileSync(paths[1], photo.bytes.subarray(0, 300));
    await bob.add(...paths, photo.path);
    const tray = bob.page.getByRole("region", { name: "Adding photos" });
    await tray.getByText("notes.jpg").waitFor();
    await tray.getByText("cut.jpg").waitFor();
    await bob.page.getByText("1 photo was here already").waitFor();
    await bob.sees(1);
    for (const name of ["notes.jpg", "cut.jpg"]) await tray.getByRole("listitem").filter({ hasText: name }).getByRole("button", { name: "Dismiss" }).click();
    await tray.waitFor({ state: "detached" });
    bob.forgive(400);
    bob.forgive(415);
    bob.forgive(422);
  });

  step("an invite that was taken back is told so", async () => {
    const carol = await stage.enter("Carol");
    await carol.introduce();
    await mallory.link("Invite").click();
    await mallory.button("Revoke").click();
    await mallory.page.getByText("No invite is open.").waitFor();
    await mallory.closeSheet();
    await carol.link("Join a group").click();
    await carol.page.getByLabel("Invite link").fill(link);
    await carol.heading(TITLE).waitFor();
    await carol.button("Join").click();
    await carol.page.getByRole("alert").getByText("This invite was revoked. Ask for a new one.").waitFor();
    for (const status of [403, 409, 410]) carol.forgive(status);
  });

  step("an address opens the page once; after that it says what to do", async () => {
    const address = await bob.node.address();
    const first = await bob.context.newPage();
    await first.goto(address);
    await first.getByRole("heading", { name: "My groups" }).waitFor();
    const second = await bob.context.newPage();
    await second.goto(address);
    await second.getByRole("heading", { name: "Open this page from Afterglow" }).waitFor();
    await second.getByText("Already had it open?").waitFor();
    assert.equal(await second.getByRole("link").count(), 0, "there is no way on without a fresh address");
    await first.reload();
    await first.getByRole("heading", { name: "My groups" }).waitFor();
    assert.equal(bob.forgive(401), 1);
  });

  step("nothing complained", () => assert.deepEqual(stage.complaints(), []));
});
