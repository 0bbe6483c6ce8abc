// From a fresh clone to programs that run.

import { spawnSync } from "node:child_process";
import { binary, root, SELECTION } from "./cargo.mjs";
import { foreground } from "./process.mjs";
import { bold, fail, say } from "./terminal.mjs";

/**
 * The development profile: a first build takes a third of the time of a release, and the crates that hash, encrypt
 * and touch pixels are optimised in it all the same.
 * @param {"app" | "node"} host
 * @returns the path of the program
 */
export async function prepare(host, { release = false } = {}) {
  const program = host === "app" ? "afterglow-app" : "afterglow";
  await setUp(host);
  await step("Building the user interface", ["npm", "run", "--silent", "build", "-w", "ui"]);
  await step(
    `Building Afterglow (the first time takes several minutes${release ? ", a release many" : ""})`,
    ["cargo", "build", ...selection(), "--bin", program, ...(release ? ["--release"] : [])],
  );
  return binary(program, { release });
}

/** What is built beside the program decides how its dependencies are built: always the same where it can be. */
function selection() {
  const hasWebKit = process.platform !== "linux" || spawnSync("pkg-config", ["--exists", "webkit2gtk-4.1"]).status === 0;
  return hasWebKit ? SELECTION : ["-p", "glow-node", "--locked"];
}

/** Installs what is missing, on systems that have a shell to do it. */
async function setUp(host) {
  if (process.platform !== "win32") {
    return step("", ["bash", "scripts/setup.sh", host]);
  }
  const missing = ["cargo", "cmake", "nasm"].filter((name) => spawnSync("where", [name], { stdio: "ignore" }).status !== 0);
  if (missing.length > 0) fail(`Please install ${missing.join(", ")} and run this again. Rust comes from https://rustup.rs.`);
  return step("", ["npm.cmd", "ci"]);
}

/** Runs a step in this terminal; a failed one ends the command, having said why itself. */
async function step(title, command) {
  if (title) say(bold(title));
  const code = await foreground(command, { cwd: root });
  if (code !== 0) process.exit(code);
}
