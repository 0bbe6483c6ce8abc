// Every screen over the seeded world, with what to do until it is there. Nothing here depends on the language.

import { GROUP } from "./seeded.mjs";

const EMPTY = GROUP.replace(/1$/, "3");
const ENDED = GROUP.replace(/1$/, "2");
const NOBODY = `#/join?link=${encodeURIComponent("afterglow://join/nobody")}`;

const pictures = (page) => page.locator("[data-moment] img.shown").nth(5).waitFor();
const sheet = (page) => page.locator("dialog[open]").waitFor();
const scrolled = (page) => page.locator("dialog .body").evaluate((body) => body.scrollTo(0, body.scrollHeight));

async function openTile(page) {
  await pictures(page);
  await page.locator("[data-moment]").nth(1).click();
  await page.locator("dialog img.shown").first().waitFor();
}

const select = async (page) => {
  await pictures(page);
  for (const at of [0, 1, 3]) await page.locator("[data-moment]").nth(at).click({ modifiers: ["Control"] });
};

/** `hash` after the group's address, or a whole one; `query` changes the world. */
export const SCREENS = {
  "first-start": { query: "&new", hash: "#/" },
  "signed-out": { world: false, hash: "#/" },
  home: { hash: "#/", act: (page) => page.locator("article img.shown").first().waitFor() },
  "home-empty": { query: "&empty", hash: "#/" },
  start: { hash: "#/start", act: sheet },
  join: { hash: NOBODY, act: (page) => page.getByText("Garden party").waitFor() },
  "join-nobody": {
    hash: NOBODY,
    act: async (page) => {
      await page.locator("button[type=submit]:enabled").click();
      await page.getByRole("alert").waitFor();
    },
  },
  "join-scan": {
    hash: "#/join",
    act: async (page) => {
      await page.locator("dialog .wide").first().click();
      await page.locator("dialog .frame").waitFor();
    },
  },
  timeline: { act: pictures },
  "timeline-new": {
    act: async (page) => {
      await pictures(page);
      await page.mouse.move(200, 400);
      await page.mouse.wheel(0, 2600);
      await page.waitForFunction(() => document.querySelector(".scroller").scrollTop > 2_000);
      await page.locator("[data-moment] img.shown").first().waitFor();
      await page.evaluate(() => globalThis.world.arrive(3));
      await page.locator(".pill").waitFor();
    },
  },
  "timeline-selection": { act: select },
  "timeline-search": {
    act: async (page) => {
      await pictures(page);
      await page.keyboard.press("/");
      await page.keyboard.type("golden");
      await page.locator("output:not(:empty)").waitFor();
    },
  },
  "timeline-nothing-found": {
    act: async (page) => {
      await pictures(page);
      await page.keyboard.press("/");
      await page.keyboard.type("zzzz");
      await page.locator(".middle h2").waitFor();
    },
  },
  "timeline-failed": {
    act: async (page) => {
      await pictures(page);
      const file = (name, mimeType) => ({ name, mimeType, buffer: Buffer.alloc(90_000) });
      await page.locator("input[type=file]").first().setInputFiles([file("notes.txt", "text/plain"), file("IMG_1.jpg", "image/jpeg")]);
      await page.getByText("notes.txt").waitFor();
    },
  },
  "timeline-empty": { group: EMPTY },
  "timeline-ended": { group: ENDED, act: pictures },
  people: {
    path: "/people",
    act: async (page) => {
      await sheet(page);
      await page.locator("dialog img.shown").nth(3).waitFor();
    },
  },
  moment: { act: openTile },
  "moment-info": {
    act: async (page) => {
      await openTile(page);
      await page.keyboard.press("i");
      await page.locator("aside").waitFor();
    },
  },
  "moment-take-back": {
    act: async (page) => {
      await page.goto(await ownMoment(page));
      await page.locator("dialog img.shown").first().waitFor();
      await page.keyboard.press("i");
      await page.locator("aside > button").last().click();
      await page.locator("dialog[open] footer button").first().waitFor();
    },
  },
  map: { path: "/map", act: sheet },
  camera: { path: "/camera", act: (page) => page.waitForFunction(() => document.querySelector("dialog video")?.currentTime > 0.5) },
  invite: { path: "/invite", act: (page) => page.locator("figure img").waitFor() },
  "invite-large": {
    path: "/invite",
    act: async (page) => {
      await page.locator("figure button").click();
      await page.locator("dialog img[alt]").nth(1).waitFor();
    },
  },
  "invite-guests": {
    path: "/invite",
    act: async (page) => {
      await page.locator("figure img").waitFor();
      await page.locator("dialog label").nth(1).click();
      await page.locator("dialog form button[type=submit]").click();
      await page.locator("figure img").waitFor();
    },
  },
  card: {
    query: "&desktop",
    path: "/invite",
    act: async (page) => {
      await page.locator("figure img").waitFor();
      await page.getByRole("button", { name: /table card|Tischkarte/ }).click();
      await page.getByLabel(/Wi-Fi to be in|WLAN, in dem/).fill("Barn");
      await page.locator("form button[type=submit]").scrollIntoViewIfNeeded();
    },
  },
  members: { path: "/members", act: sheet },
  storage: { path: "/storage", act: sheet },
  "storage-down": {
    path: "/storage",
    act: async (page) => {
      await page.locator("dialog section").nth(1).waitFor();
      await scrolled(page);
    },
  },
  watch: {
    path: "/watch",
    act: async (page) => {
      await page.locator("dialog .body button").click();
      await page.locator("dialog p.folder").waitFor();
    },
  },
  clocks: { path: "/clocks", act: sheet },
  clock: { path: "/clock", act: sheet },
  "take-home": { path: "/album", act: (page) => page.locator("dialog h3").nth(3).waitFor() },
  settings: { query: "&desktop", hash: "#/settings", act: sheet },
  "settings-down": {
    query: "&desktop",
    hash: "#/settings",
    act: async (page) => {
      await sheet(page);
      await scrolled(page);
    },
  },
  "settings-phone": {
    query: "&phone",
    hash: "#/settings",
    act: async (page) => {
      await sheet(page);
      const permissions = { local_network: "denied", photos: "denied", camera: "granted", notifications: "denied" };
      await page.evaluate((permissions) => globalThis.world.system.become({ permissions }), permissions);
      await page.locator("dialog .body").evaluate((body) => body.scrollTo(0, 620));
    },
  },
  diagnostics: { query: "&desktop", hash: "#/settings/diagnostics", act: (page) => page.locator("summary").first().click() },
  licences: { query: "&desktop", hash: "#/settings/licences", act: (page) => page.locator("summary").first().click() },
  offer: {
    query: "&desktop",
    act: async (page) => {
      await pictures(page);
      await page.evaluate(() => globalThis.world.system.hand(["IMG_2041.jpg", "a very long name of a photo from a camera.jpg", "clip.mp4", "x.jpg"]));
      await sheet(page);
    },
  },
  shortcuts: {
    hash: "#/",
    act: async (page) => {
      await page.locator("article").first().waitFor();
      await page.keyboard.press("?");
      await sheet(page);
    },
  },
  screen: { hash: `#/screen/${GROUP}`, act: (page) => page.locator("figure.front img").first().waitFor() },
  "screen-empty": { hash: `#/screen/${EMPTY}`, act: (page) => page.locator("h1").waitFor() },
  box: { query: "&box", hash: "#/box", act: (page) => page.locator("code").first().waitFor() },
  gallery: { world: false, hash: "#/gallery", act: (page) => page.locator("h1").first().waitFor() },
};

/** Opens a screen in a page of its own. */
export async function visit(page, origin, { query = "", hash, path = "", group = GROUP, world = true, act }, moments = 1_000) {
  const search = world ? `?world=${moments}&now=1795283000000${query}` : "";
  await page.goto(`${origin}/${search}${hash ?? `#/group/${group}${path}`}`);
  await act?.(page);
}

/** The address of somebody's own photo that was not yet asked about. */
const ownMoment = async (page) => {
  await page.waitForFunction(() => globalThis.world);
  const id = await page.evaluate(async (group) => {
    const { moments } = await globalThis.world.call("timeline.page", { group, limit: 100, filter: {} });
    return moments.find(({ mine, kind, needs_choice }) => mine && kind === "photo" && !needs_choice).id;
  }, GROUP);
  return `${page.url().split("#")[0]}#/group/${GROUP}/moment/${id}`;
};
