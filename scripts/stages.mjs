// Everything that `npm test` runs, in order. This list is the only place that knows it.
//
//   name      what the summary calls it; `--only` selects by it
//   command   what runs, from the root of the project
//   counts    whose totals to read from the output ("nextest", "vitest", "node", "tests" for any of them);
//             without it the stage is one check that passes or fails
//   needs     stages that must have passed, or this one cannot say anything
//   minutes   after which it is ended and has failed
//   quick     also part of `npm run check`
//   skip      a reason why it cannot run on this machine, if there is one
//   skipped   how many tests the skipped stage holds, if the runner can say
//   ignored   how many tests are marked to be ignored, if the runner's own total cannot tell

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { binary, root, SELECTION } from "./lib/cargo.mjs";

/** Every run draws the same cases; a longer hunt sets another seed. */
export const environment = {
  PROPTEST_RNG_SEED: process.env.PROPTEST_RNG_SEED ?? "20261122",
  INSTA_UPDATE: process.env.INSTA_UPDATE ?? "no",
  CARGO_TERM_COLOR: process.stdout.isTTY ? "always" : "never",
};

const nextest = (profile) => ["cargo", "nextest", "run", ...SELECTION, "--profile", profile];

export const stages = [
  { name: "setup", command: ["bash", "scripts/setup.sh", "test"], minutes: 20, quick: true },
  { name: "scripts", command: ["bash", "-c", "node --test scripts/test/*.test.mjs"], counts: "node", minutes: 2, quick: true },
  // First of all builds: the app takes ui/dist in when it is compiled.
  { name: "ui build", command: ["npm", "run", "build", "-w", "ui"], needs: ["setup"], minutes: 5, quick: true },
  { name: "rustfmt", command: ["cargo", "fmt", "--all", "--check"], needs: ["setup"], minutes: 2, quick: true },
  {
    name: "clippy",
    command: ["cargo", "clippy", ...SELECTION, "--all-targets", "--", "-D", "warnings"],
    needs: ["ui build"],
    minutes: 30,
    quick: true,
  },
  {
    name: "cargo deny",
    command: ["cargo", "deny", "--locked", "check", "bans", "licenses", "sources"],
    minutes: 5,
    skip: () => (works("cargo", "deny", "--version") ? undefined : "cargo-deny is not installed"),
  },
  {
    // With the tests' selection of features, so that they and all that is run by hand share one build.
    name: "rust build",
    command: ["cargo", "build", ...SELECTION, "--bins", "--tests"],
    needs: ["ui build"],
    minutes: 40,
  },
  {
    name: "rust tests",
    command: nextest("default"),
    counts: "nextest",
    needs: ["rust build"],
    minutes: 20,
    ignored: () => listed("default", (test) => test.ignored).length,
  },
  {
    name: "netns",
    // The bubble's namespaces, and whatever is left in them, end with it.
    command: () => [binary("lanbox"), "run", "--", ...nextest("netns")],
    counts: "nextest",
    needs: ["rust build"],
    minutes: 20,
    skip: noNamespaces,
    skipped: () => listed("netns").length,
  },
  {
    // What can be known of the phone app without an SDK. What has passed for the same content is not repeated.
    name: "mobile",
    command: ["node", "mobile/check/check.mjs"],
    counts: "tests",
    needs: ["ui build"],
    minutes: 30,
    skip: () => (process.env.AFTERGLOW_SKIP_MOBILE ? "AFTERGLOW_SKIP_MOBILE is set" : undefined),
  },
  { name: "ui check", command: ["npm", "run", "check", "-w", "ui"], needs: ["setup"], minutes: 5, quick: true },
  { name: "ui tests", command: ["npm", "test", "-w", "ui"], counts: "vitest", needs: ["setup"], minutes: 5, quick: true },
  { name: "ui size", command: ["npm", "run", "size", "-w", "ui"], needs: ["ui build"], minutes: 2 },
  {
    name: "browser",
    command: ["npm", "run", "test:browser"],
    counts: "tests",
    needs: ["ui build", "rust build"],
    minutes: 20,
    skip: () => absent("tests/browser"),
  },
  {
    name: "desktop",
    command: ["npm", "run", "test:desktop"],
    counts: "tests",
    needs: ["ui build", "rust build"],
    minutes: 15,
    skip: () => absent("tests/desktop"),
  },
];

/** The tests that a profile would run, or those that another question picks. */
function listed(profile, wanted = (test) => test["filter-match"].status === "matches") {
  const command = ["nextest", "list", ...SELECTION, "--profile", profile, "--message-format", "json"];
  const json = execFileSync("cargo", command, { cwd: root, stdio: ["ignore", "pipe", "ignore"], maxBuffer: 256 << 20 });
  const suites = Object.values(JSON.parse(json)["rust-suites"]);
  return suites.flatMap((suite) => Object.values(suite.testcases)).filter(wanted);
}

function noNamespaces() {
  if (process.platform !== "linux") return "network namespaces are Linux's";
  if (process.getuid() !== 0) return "network namespaces need root";
  if (!existsSync("/dev/net/tun")) return "this machine has no /dev/net/tun";
  return works("unshare", "-n", "-m", "true") ? undefined : "this machine allows no network namespaces";
}

const absent = (folder) => (existsSync(`${root}/${folder}/package.json`) ? undefined : `${folder} does not exist`);

const works = (program, ...args) => spawnSync(program, args, { cwd: root, stdio: "ignore" }).status === 0;
