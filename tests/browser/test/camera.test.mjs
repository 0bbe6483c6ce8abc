// The camera: from the shutter to the other's screen, while it records and after.

import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { tooSmall } from "../lib/fingers.mjs";
import { tabTo } from "../lib/keys.mjs";
import { DESKTOP, PHONE, Stage } from "../lib/stage.mjs";
import { steps } from "../lib/steps.mjs";

const CAMERA = { permissions: ["camera", "microphone"] };
const HANDS = {
  "by keyboard alone": { viewport: DESKTOP },
  "by finger": { viewport: PHONE, hasTouch: true, isMobile: true },
};

for (const [how, options] of Object.entries(HANDS))
  describe(`the camera of one ${how}, the screen of another`, () => {
    const step = steps();
    const byTouch = options.hasTouch === true;
    let stage, alice, bob;

    before(async () => {
      stage = await Stage.open();
      [alice, bob] = await Promise.all([stage.enter("Alice", { ...CAMERA, ...options }), stage.enter("Bob", { permissions: [] })]);
      await alice.introduce();
      await bob.introduce();
      await alice.startGroup("First dance");
      const link = await alice.invite();
      await alice.closeSheet();
      await bob.join(link, "First dance");
    });

    after(() => stage?.close());

    step("a photo is out the moment it is taken", async (t) => {
      if (byTouch) await alice.link("Camera").tap();
      else {
        await tabTo(alice, "Camera");
        await alice.page.keyboard.press("Enter");
      }
      const camera = alice.dialog("Camera");
      await alice.until(camera.locator("video"), (video) => video.evaluate((one) => one.videoWidth > 0), "the camera shows something");
      const began = performance.now();
      if (byTouch) await alice.button("Take a photo").tap();
      else await alice.page.keyboard.press("Space");
      await bob.sees(1);
      t.diagnostic(`from the shutter to the other's screen: ${Math.round(performance.now() - began)} ms`);
      const last = alice.page.getByRole("list", { name: "Last captures" }).getByRole("button");
      await alice.until(last, async (button) => /^Photo: (On 2|Out)/.test(await button.first().getAttribute("aria-label")), "the camera says that it is out");
    });

    step("a clip is on the other's screen while it is recorded, and is the same clip after", async (t) => {
      if (byTouch) {
        assert.deepEqual(await tooSmall(alice.page), [], "what a finger aims at is large enough");
        await alice.page.getByText("Clip", { exact: true }).tap();
      } else await alice.page.keyboard.press("v");
      const began = performance.now();
      if (byTouch) await alice.button("Record a clip").tap();
      else await alice.page.keyboard.press("Space");
      await bob.until(bob.page.locator("[data-moment]"), async (tiles) => (await tiles.count()) === 2, "Bob sees that something is being recorded");
      t.diagnostic(`from the start of the recording to the other's screen: ${Math.round(performance.now() - began)} ms`);
      assert.equal(await alice.button("Stop recording").count(), 1, "it is still recording");
      if (byTouch) await alice.button("Stop recording").tap();
      else await alice.page.keyboard.press("Space");
      await alice.page.locator("li.here").nth(1).waitFor();
      if (byTouch) await alice.dialog("Camera").getByRole("button", { name: "Close", exact: true }).tap();
      else await alice.page.keyboard.press("Escape");
      await alice.heading("First dance").waitFor();
      for (const person of [alice, bob]) assert.equal(await person.page.locator("[data-moment]").count(), 2, "ending it added nothing");
    });

    step("without leave to use the camera it says what to do", async () => {
      await bob.link("Camera").click();
      await bob.page.getByRole("alert").getByText("may not use the camera").waitFor();
      await bob.page.keyboard.press("Escape");
    });

    step("nothing was complained about", () => assert.deepEqual(stage.complaints(), []));
  });
