// npm start: from a fresh clone to Afterglow on the screen.
//
//   npm start                            the window; without a display the node and its web page
//   npm start -- --headless              the node and its web page, even where there is a display
//   npm start -- --release               built for speed instead of for a quick start
//   npm start -- --data-dir DIR ...      everything else goes to the program

import { foreground } from "./lib/process.mjs";
import { prepare } from "./lib/prepare.mjs";
import { say } from "./lib/terminal.mjs";

const args = process.argv.slice(2);
const release = take("--release");
const headless = take("--headless");

const hasDisplay = process.platform !== "linux" || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
const host = headless || !hasDisplay ? "node" : "app";

if (!hasDisplay && !headless) {
  say("There is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set).");
  say("Afterglow starts as a node without a window; its web page opens in a browser on this machine.");
}
const program = await prepare(host, { release });
process.exitCode = await foreground(host === "app" ? [program, ...args] : [program, "serve", ...args]);

/** Takes a switch of ours out of the arguments. */
function take(name) {
  const at = args.indexOf(name);
  if (at >= 0) args.splice(at, 1);
  return at >= 0;
}
