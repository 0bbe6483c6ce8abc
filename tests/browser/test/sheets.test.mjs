// Every sheet by keyboard alone and by finger, over the seeded world: what it is for is done, and the way back leads out of it.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { tooSmall } from "../lib/fingers.mjs";
import { tabTo } from "../lib/keys.mjs";
import { Person } from "../lib/person.mjs";
import { GROUP, serveWorld } from "../lib/seeded.mjs";
import { DESKTOP, PHONE, Stage } from "../lib/stage.mjs";

const HANDS = {
  "by keyboard alone": { viewport: DESKTOP },
  "by finger": {
    viewport: PHONE,
    hasTouch: true,
    isMobile: true,
    deviceScaleFactor: 2,
  },
};

for (const [how, options] of Object.entries(HANDS)) {
  describe(`every sheet ${how}`, () => {
    const byTouch = options.hasTouch === true;
    let stage, world, anna;

    before(async () => {
      [stage, world] = await Promise.all([Stage.open(), serveWorld()]);
      const context = await stage.browser.newContext({
        locale: "en-GB",
        timezoneId: "Europe/Berlin",
        colorScheme: "dark",
        acceptDownloads: true,
        permissions: ["clipboard-read", "clipboard-write"],
        ...options,
      });
      anna = await Person.at("Anna", undefined, context);
      await anna.page.goto(world.address(200));
      await anna.tiles.first().waitFor();
    });

    after(async () => {
      await stage?.close();
      world?.stop();
    });

    /** Opens a sheet by its address, as a link or a bookmark does, uses it, and leaves it as one does. */
    const sheet = (name, hash, title, use) =>
      test(name, async () => {
        await anna.page.evaluate((hash) => {
          location.hash = hash;
        }, hash);
        const opened = anna.dialog(title);
        await opened.waitFor();
        await use(opened);
        if (byTouch) {
          assert.deepEqual(await tooSmall(anna.page), [], "what a finger aims at is large enough");
          await opened.getByRole("button", { name: "Close", exact: true }).tap();
        } else {
          await anna.page.keyboard.press("Escape");
        }
        await opened.waitFor({ state: "detached" });
      });

    /** Presses a button, or follows a link. */
    const press = async (name) => {
      if (byTouch) return anna.page.getByRole("button", { name, exact: true }).or(anna.link(name)).and(anna.page.locator(":enabled, a[href]")).last().tap();
      await tabTo(anna, name);
      return anna.page.keyboard.press("Enter");
    };

    /** Chooses one of several: a finger taps it, the arrows lead to it. */
    const choose = async (opened, question, answer) => {
      const group = opened.getByRole("group", { name: question });
      const wanted = group.getByRole("radio", { name: answer, exact: true });
      if (byTouch) await wanted.tap();
      else {
        // Whatever is drawn anew meanwhile may take the focus: one begins again where the choice stands.
        await anna.until(
          wanted,
          async (radio) => {
            if (await radio.isChecked()) return true;
            await group.getByRole("radio", { checked: true }).focus();
            await anna.page.keyboard.press("ArrowRight");
            return radio.isChecked();
          },
          `the arrows lead to ${answer}`,
        );
      }
      await anna.until(wanted, (radio) => radio.isChecked(), `${question}: ${answer}`);
    };

    const write = async (field, text) => {
      if (byTouch) await field.tap();
      else await field.focus();
      await anna.page.keyboard.press("ControlOrMeta+a");
      await anna.page.keyboard.type(text);
    };

    sheet("settings: a new name is saved, the theme follows at once", "#/settings", "Settings", async (opened) => {
      await write(opened.getByLabel("Name", { exact: true }), `Anna ${byTouch ? "touches" : "types"}`);
      await press("Save");
      await anna.page.getByText("Your profile is saved").waitFor();
      await choose(opened, "Appearance", "Light");
      await anna.page.locator("html[data-theme=light]").waitFor();
      await choose(opened, "Appearance", "Like the system");
    });

    sheet("diagnostics: read first, then copied", "#/settings/diagnostics", "Diagnostics", async (opened) => {
      const part = opened.locator("details").first();
      if (byTouch) await part.locator("summary").tap();
      else {
        await part.locator("summary").focus();
        await anna.page.keyboard.press("Enter");
      }
      const text = await part.locator("pre").innerText();
      assert.ok(text.length > 20, "there is something to read");
      await press("Copy all");
      await anna.page.getByText("Copied").waitFor();
      const copied = await anna.page.evaluate(() => navigator.clipboard.readText());
      assert.ok(copied.includes(text.trim().split("\n")[0]), "what was read is what is copied");
    });

    sheet("storage: fetching pauses and goes on, originals are kept as chosen", `#/group/${GROUP}/storage`, "Transfers and storage", async (opened) => {
      await press("Pause fetching");
      await opened.getByText("Paused: nothing is fetched until you go on.").waitFor();
      await press("Go on fetching");
      await opened.getByText("Paused: nothing is fetched until you go on.").waitFor({ state: "detached" });
      await choose(opened, "Others’ photos", "Previews only");
    });

    sheet("clocks: a camera is corrected by hand, and put back", `#/group/${GROUP}/clocks`, "Camera clocks", async (opened) => {
      await opened.getByRole("button", { name: "Correct by hand" }).first().waitFor();
      if (byTouch) await opened.getByRole("button", { name: "Correct by hand" }).first().tap();
      else await press("Correct by hand");
      await write(opened.getByLabel("Hours"), "1");
      await press("Correct");
      await opened
        .getByText(/^Corrected by /)
        .first()
        .waitFor();
      await anna.page.getByRole("button", { name: "Undo" }).first().waitFor();
      if (byTouch) await opened.getByRole("button", { name: "Undo" }).first().tap();
      else await press("Undo");
      await anna.page.getByText("Put back as it was").waitFor();
    });

    sheet("guests: the door opens as chosen, says so, and closes", `#/group/${GROUP}/invite`, "Invite", async (opened) => {
      await choose(opened, "How they take part", "As guests, in a browser");
      await choose(opened, "Guests may", "Only look");
      await press("Let guests in");
      await opened.getByLabel("Address for guests").waitFor();
      await opened.getByText("Guests see the timeline", { exact: true }).waitFor();
      await press("Close the door");
      await opened.getByRole("button", { name: "Let guests in" }).waitFor();
    });

    sheet("taking home: the album is chosen as one file, and what is being made is told", `#/group/${GROUP}/album`, "Take home and share", async (opened) => {
      await choose(opened, "As", "Web album");
      await choose(opened, "As", "ZIP");
      const start = opened.getByRole("button", {
        name: /^(Download|Choose where to)$/,
      });
      await press(await start.innerText());
      const told = opened.locator("[role=status]").filter({ has: anna.page.getByRole("button") });
      await told.waitFor();
      await press(await told.getByRole("button").innerText());
      await told.waitFor({ state: "detached" });
    });

    sheet("watched folder: chosen, held back, let go, and off", `#/group/${GROUP}/watch`, "Watched folder", async (opened) => {
      await press("Choose a folder");
      await opened.getByText("New files go out.").waitFor();
      await press("Add these too");
      await opened.getByText(/were there before/).waitFor({ state: "detached" });
      await press("Stop watching");
      await opened.getByRole("button", { name: "Choose a folder" }).waitFor();
    });

    test("people: one person's moments alone, and everybody's again", async () => {
      const open = async (chosen) => {
        await press(`By person: ${chosen}`);
        await anna.dialog("By person").waitFor();
        if (byTouch) assert.deepEqual(await tooSmall(anna.page), [], "what a finger aims at is large enough");
      };
      await anna.page.goto(world.address(200));
      await anna.tiles.first().waitFor();
      const shown = () => anna.tiles.evaluateAll((tiles) => tiles.map((tile) => tile.dataset.moment));
      const before = await shown();
      await open("Everybody");
      const bruno = anna.dialog("By person").getByRole("button", { name: /^Bruno/ });
      const count = (await bruno.innerText()).match(/[\d,]+ moments/)[0];
      if (byTouch) await bruno.tap();
      else await press((await bruno.evaluate((one) => one.textContent)).trim());
      await anna.dialog("By person").waitFor({ state: "detached" });
      await anna.page.getByRole("link", { name: "By person: Bruno" }).waitFor();
      await anna.until(anna.page, async () => !(await shown()).includes(before[0]) || (await shown()).length < before.length, `Bruno's ${count} alone are shown`);
      const his = await shown();
      assert.notDeepEqual(his, before);
      await open("Bruno");
      await press("Everybody");
      await anna.until(anna.page, async () => (await shown())[0] === before[0], "everybody's are shown again");
    });

    test("map: a place opens what was taken there, and a moment of it", async () => {
      await anna.page.evaluate((hash) => {
        location.hash = hash;
      }, `#/group/${GROUP}/map`);
      const map = anna.page.getByRole("dialog", { name: /^Map: / });
      const places = map.getByRole("button", {
        name: / moments? here$/,
      });
      await places.first().waitFor();
      const scale = () => map.locator(".bar").innerText();
      const before = await scale();
      if (byTouch) {
        assert.deepEqual(await tooSmall(anna.page), [], "what a finger aims at is large enough");
        await map.getByRole("button", { name: "Zoom out" }).tap();
      } else {
        await map.getByRole("region", { name: "Map of the world" }).focus();
        await anna.page.keyboard.press("-");
      }
      await anna.until(map, async () => (await scale()) !== before, "it shows more of the world");
      await press("Show all places");
      await anna.until(map, async () => (await scale()) === before, "all places are in view again");
      const moment = map.getByRole("link", { name: "Moment" }).first();
      // Many places in one come apart first.
      await anna.until(
        moment,
        async (moment) => {
          if ((await moment.count()) > 0) return true;
          if (byTouch) await places.first().tap();
          else {
            await places.first().focus();
            await anna.page.keyboard.press("Enter");
          }
          return (await moment.count()) > 0;
        },
        "a place shows its moments",
      );
      if (byTouch) await moment.tap();
      else await press("Moment");
      await anna.page.waitForURL("**/moment/**");
      await anna.page.goBack();
      await map.waitFor();
      if (byTouch) await map.getByRole("button", { name: "Close", exact: true }).tap();
      else await anna.page.keyboard.press("Escape");
      await map.waitFor({ state: "detached" });
    });

    test("nothing complained", () => assert.deepEqual(anna.complaints, []));
  });
}
