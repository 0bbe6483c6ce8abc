// npm run demo: three devices on this one machine, with photos flowing between them, so that one person alone can see
// what Afterglow does. Real nodes, each with its own data and, where root allows it, on a station of its own of an emulated
// Wi-Fi; open their web pages side by side.

import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Device } from "./demo/device.mjs";
import { namespaces, obstacle } from "./demo/namespaces.mjs";
import { generated, ownPhotos } from "./demo/photos.mjs";
import { root } from "./lib/cargo.mjs";
import { prepare } from "./lib/prepare.mjs";
import { onInterrupt } from "./lib/process.mjs";
import { bold, cyan, dim, fail, magenta, red, say, yellow } from "./lib/terminal.mjs";

const CAST = [
  { name: "Alice", paint: cyan },
  { name: "Bob", paint: yellow },
  { name: "Carol", paint: magenta },
];
const POLL_MS = 250;
const GIVE_UP_MS = 60_000;

const HELP = `npm run demo                         generated pictures and clips, until Ctrl-C
npm run demo -- --photos DIR         your own
npm run demo -- --every 2 --count 5  seconds between two, and how many in all
npm run demo -- --loopback           on this machine's own ports, even where root could give each device its own network
npm run demo -- --leave              ends by itself when everything has arrived everywhere`;

const options = choose();

const program = await prepare("node");
const folder = join(root, "demo");
for (const { name } of CAST) rmSync(join(folder, name.toLowerCase()), { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

const stopped = new Promise((resolve) => onInterrupt(resolve));
const hindered = options.loopback ? "as asked" : obstacle();
if (hindered) say(dim(`All three run on loopback (${hindered}).`));
const network = hindered ? undefined : await namespaces(CAST.length);
const devices = CAST.map(({ name, paint }, index) => new Device(program, { name, paint, folder, place: network?.[index] }));

try {
  await meet(devices);
  await Promise.race([stopped, show(devices)]);
  if (!options.leave) await stopped;
} catch (error) {
  say(red(`The demo could not go on: ${error.message}`));
  process.exitCode = 1;
} finally {
  for (const device of devices) device.stop();
}

/** Everybody starts, one makes the group, the others join with the invite. */
async function meet([host, ...guests]) {
  const devices = [host, ...guests];
  await Promise.all(devices.map((device) => device.serve()));
  for (const [colour, device] of devices.entries()) await device.call("profile", "--name", device.name, "--colour", String(colour * 4));
  await host.call("group", "create", "Demo at dusk");
  const { link } = await host.call("group", "invite");
  for (const guest of guests) await guest.call("join", link);
  say(bold("\nThree devices, one group. Open their pages side by side:"));
  for (const device of devices) say(`  ${device.paint(device.name.padEnd(6))} ${device.url}`);
  say(dim(options.leave ? "" : "  Ctrl-C ends all three.\n"));
}

/** Posts one picture after another, each from the next device, and tells when the others have it. */
async function show(devices) {
  const count = Number(options.count);
  const files = options.photos ? ownPhotos(options.photos, count) : generated(join(folder, "photos"), count);
  let turn = 0;
  for await (const file of files) {
    const author = devices[turn++ % devices.length];
    const others = devices.filter((device) => device !== author);
    const before = new Map(await Promise.all(others.map(async (device) => [device, await device.seen()])));
    const began = performance.now();
    await author.call("post", file);
    const posted = performance.now();
    say(`${author.paint(author.name)} posts ${file.split("/").at(-1)} ${dim(`taken in within ${ms(posted - began)}`)}`);
    await Promise.all(others.map((device) => arrival(device, before.get(device), posted)));
    await pause(Math.max(0, Number(options.every) * 1000 - (performance.now() - began)));
  }
  say(bold("\nEverything is on every device."));
}

async function arrival(device, before, posted) {
  while (performance.now() - posted < GIVE_UP_MS) {
    const moments = await device.moments();
    const fresh = moments.find((moment) => !before.has(moment.id) && !moment.mine);
    if (fresh) {
      say(`  ${device.paint(device.name)} has it, from ${fresh.author_name || "somebody"} ${dim(`${ms(performance.now() - posted)} later`)}`);
      return;
    }
    await pause(POLL_MS);
  }
  throw new Error(`${device.name} did not get the picture within a minute; its log is ${device.log}`);
}

function ms(value) {
  return `${Math.round(value)} ms`;
}

function pause(time) {
  return new Promise((resolve) => setTimeout(resolve, time));
}

/** What was asked for; anything else is answered with what may be. */
function choose() {
  const asked = {
    photos: { type: "string" },
    every: { type: "string", default: "4" },
    count: { type: "string", default: "24" },
    loopback: { type: "boolean", default: false },
    leave: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  };
  try {
    const { values } = parseArgs({ options: asked });
    if (values.help) {
      say(HELP);
      process.exit(0);
    }
    for (const name of ["every", "count"]) if (!(Number(values[name]) > 0)) throw new Error(`--${name} takes a number above 0, not "${values[name]}".`);
    if (values.photos !== undefined && !existsSync(values.photos)) throw new Error(`There is no folder ${values.photos}.`);
    return values;
  } catch (error) {
    fail(`${error.message}\n\n${HELP}`);
  }
}
