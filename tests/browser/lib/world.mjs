// An evening that three people shared, made quickly over the command line: what the pictures of screens show.

import { film, paint } from "./photos.mjs";

export const TITLE = "Anna & Jonas, by the lake";
const DAY_MS = 86_400_000;
const LANDSCAPE = { width: 2000, height: 1333 };
const PORTRAIT = { width: 1350, height: 1800, turned: true };
const WIDE = { width: 2200, height: 1238 };
const SQUARE = { width: 1500, height: 1500 };

/** Who took what, at which hour (UTC) of which day of two. */
const EVENING = [
  ["Anna", "lake", 3, 0, 9.1, LANDSCAPE],
  ["Ben", "forest", 4, 0, 9.4, PORTRAIT],
  ["Clara", "balloons", 5, 0, 9.7, LANDSCAPE],
  ["Anna", "balloons", 18, 0, 9.75, PORTRAIT],
  ["Ben", "mountains", 7, 0, 14.2, WIDE],
  ["Anna", "dunes", 8, 0, 14.6, LANDSCAPE],
  ["Clara", "lake", 21, 0, 14.9, SQUARE],
  ["Clara", "mountains", 10, 0, 15.1, LANDSCAPE],
  ["Ben", "sea", 11, 1, 14.9, PORTRAIT],
  ["Anna", "sea", 12, 1, 15.1, LANDSCAPE],
  ["Ben", "mountains", 13, 1, 15.2, LANDSCAPE],
  ["Clara", "city", 14, 1, 15.4, WIDE],
  ["Anna", "city", 15, 1, 15.7, SQUARE],
  ["Ben", "garden", 16, 1, 18.1, LANDSCAPE],
  ["Clara", "garden", 27, 1, 18.2, PORTRAIT],
  ["Anna", "concert", 18, 1, 18.5, LANDSCAPE],
  ["Ben", "concert", 19, 1, 18.7, WIDE],
  ["Clara", "stars", 20, 1, 18.9, LANDSCAPE],
  ["Anna", "stars", 21, 1, 18.95, PORTRAIT],
];

/** Groups that are over the door of home, too. */
const OTHERS = [
  ["Night at the Paradiso", "concert", 42, 2],
  ["Dolomites, hut to hut", "mountains", 33, 3],
];

const COLOURS = { Anna: 1, Ben: 7, Clara: 4 };

/**
 * Builds it: Anna and Ben run, Clara has gone; Anna's page is open.
 * @param {import("./stage.mjs").Stage} stage
 * @param {object} options of Anna's browser
 */
export async function buildWorld(stage, options = {}) {
  const nodes = {};
  for (const [name, colour] of Object.entries(COLOURS)) {
    nodes[name] = (await stage.node(name)).node;
    await nodes[name].call("profile", "--name", name, "--colour", String(colour));
  }
  const { Anna, Ben, Clara } = nodes;
  const midnight = Math.floor(Date.now() / DAY_MS) * DAY_MS - 2 * DAY_MS;
  const at = (day, hour) => new Date(midnight + day * DAY_MS + hour * 3_600_000);

  for (const [title, kind, seed, count] of OTHERS) {
    const group = await begin(title, Anna, Ben);
    const wishes = Array.from({ length: count }, (_, i) => ({ kind, seed: seed + i, ...LANDSCAPE, takenAt: at(0, 5 + i) }));
    await post(Anna, group.id, await paint(stage.browser, `${stage.folder}/${kind}-${seed}`, wishes));
  }

  const { id: group } = await begin(TITLE, Anna, Ben, Clara);
  const wishes = EVENING.map(([, kind, seed, day, hour, size]) => ({ kind, seed, ...size, takenAt: at(day, hour) }));
  const photos = await paint(stage.browser, `${stage.folder}/evening`, wishes);
  const clip = await film(photos[9].path, `${stage.folder}/VID_2001.mp4`, { seconds: 4, takenAt: at(1, 15.3) });
  for (const name of Object.keys(COLOURS)) {
    const own = photos.filter((_, i) => EVENING[i][0] === name);
    await post(nodes[name], group, name === "Ben" ? [...own, clip] : own);
  }

  const anna = await stage.visit(Anna, options);
  const count = EVENING.length + 1;
  await everythingHere(anna, group, count);
  await colour(anna, group);
  await Clara.stop();
  return { anna, ben: Ben, group, count };
}

/** One starts, the others join. */
async function begin(title, host, ...guests) {
  const group = await host.call("group", "create", title, "--ends-in", "72h");
  const { link } = await host.call("group", "invite", group.id);
  for (const guest of guests) await guest.call("join", link);
  return group;
}

const post = (node, group, files) => node.call("post", "--group", group, ...files.map(({ path }) => path));

/** Waits until this page's device holds every original. */
async function everythingHere(person, group, count) {
  await person.until(
    person.page,
    async () => {
      const { moment_count, missing_count, only_here_count } = await person.call("group.get", { group });
      return moment_count === count && missing_count === 0 && only_here_count === 0;
    },
    `all ${count} moments are on ${person.name}'s device and elsewhere`,
    120_000,
  );
}

/** Words and hearts. */
async function colour(anna, group) {
  const { moments } = await anna.call("timeline.page", { group, limit: 50, filter: {} });
  const sunset = moments.filter(({ mine }) => mine).at(3);
  await anna.call("moment.caption", { group, moment: sunset.id, text: "The minute before everybody went quiet" });
  await anna.call("moment.react", { group, moment: sunset.id, emoji: "❤️", on: true });
  await anna.call("moment.react", { group, moment: moments[2].id, emoji: "🔥", on: true });
}
