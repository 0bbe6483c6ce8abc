// What can be known about the phone app on a machine without an SDK.
//
//   node mobile/check/check.mjs                 what has changed since it passed last
//   node mobile/check/check.mjs --all           everything (as AFTERGLOW_MOBILE=all does)
//   node mobile/check/check.mjs --only kotlin   one of them
//   node mobile/check/check.mjs --selftest      plants an error for each and sees it found
//
// A check that has passed is remembered by the content of what it looked at, beside what it built, and not repeated for
// the same content. Names, fields, permissions and lists are compared by tests of the crate (mobile/tests).

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { root } from "../../scripts/lib/cargo.mjs";
import { bold, duration, green, red, say, yellow } from "../../scripts/lib/terminal.mjs";
import * as kotlin from "./kotlin.mjs";
import * as languages from "./languages.mjs";
import * as rust from "./rust.mjs";
import { plantObstacle, selftest } from "./selftest.mjs";
import { fetchTools } from "./tools.mjs";

const KOTLIN = ["mobile/android", "mobile/check", "Cargo.lock"];
const RUST = ["Cargo.toml", "Cargo.lock", "src-tauri", "mobile/Cargo.toml", "mobile/build.rs", "mobile/src", "mobile/check/rust.mjs", "mobile/check/stand-ins"];

const CHECKS = [
  { name: "swift", inputs: ["mobile/ios", "mobile/check"], obstacle: fetchTools, run: () => languages.swift() },
  { name: "xml", inputs: ["mobile/android", "src-tauri/Info.ios.plist", "mobile/check"], obstacle: fetchTools, run: () => languages.xml() },
  { name: "kotlin", inputs: KOTLIN, obstacle: fetchTools, run: () => kotlin.compile() },
  { name: "kotlin tests", inputs: KOTLIN, obstacle: fetchTools, run: () => kotlin.test() },
  { name: "ktlint", inputs: ["mobile/android", "mobile/check", ".editorconfig"], obstacle: fetchTools, run: () => kotlin.lint() },
  { name: "rust for android", inputs: RUST, obstacle: rust.obstacle, run: () => rust.check("android") },
  { name: "rust for ios", inputs: RUST, obstacle: rust.obstacle, run: () => rust.check("ios") },
  // What the plants are put into, and what is to find them.
  { name: "planted errors", inputs: ["mobile/android", "mobile/ios", "mobile/check"], obstacle: plantObstacle, run: async () => ({ code: (await selftest()) ? 0 : 1 }) },
];

const words = process.argv.slice(2);
if (words.includes("--selftest")) process.exit((await selftest()) ? 0 : 1);
const only = words[words.indexOf("--only") + 1];
const all = words.includes("--all") || process.env.AFTERGLOW_MOBILE === "all";
const totals = { passed: 0, failed: 0, skipped: 0 };
for (const check of words.includes("--only") ? CHECKS.filter((check) => check.name === only) : CHECKS) {
  totals[await outcome(check)] += 1;
}
say();
say(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exit(totals.failed > 0 ? 1 : 0);

async function outcome(check) {
  const seen = fingerprint(check.inputs);
  if (!all && seen === remembered(check)) {
    say(`${green("✓")} ${check.name}: unchanged since it passed`);
    return "passed";
  }
  const obstacle = await check.obstacle();
  if (obstacle) {
    say(`${yellow("–")} ${check.name}: ${obstacle}`);
    return "skipped";
  }
  say(bold(`\n━━ ${check.name}`));
  const began = performance.now();
  const { code } = await check.run();
  const seconds = duration((performance.now() - began) / 1000);
  say(code === 0 ? green(`✓ ${check.name} ${seconds}`) : red(`✗ ${check.name} ${seconds}`));
  if (code !== 0) return "failed";
  remember(check, seen);
  return "passed";
}

/** What git knows of, and what it does not know yet: names and content. */
function fingerprint(inputs) {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ...inputs], { cwd: root, maxBuffer: 64 << 20 });
  const hash = createHash("sha256");
  for (const name of listed.toString().split("\0").filter(Boolean).sort()) {
    const path = join(root, name);
    if (existsSync(path)) hash.update(name).update("\0").update(readFileSync(path)).update("\0");
  }
  return hash.digest("hex");
}

function memory(check) {
  return join(rust.buildDirectory(), "passed", check.name.replaceAll(" ", "-"));
}

function remembered(check) {
  return (existsSync(memory(check)) ? readFileSync(memory(check), "utf8") : undefined);
}

function remember(check, seen) {
  mkdirSync(join(rust.buildDirectory(), "passed"), { recursive: true });
  writeFileSync(memory(check), seen);
}
