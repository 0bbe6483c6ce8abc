// npm run torture: the faults at full length, again and again. What passes here is not shown to pass by `npm test`.
//
//   npm run torture                     five rounds of everything
//   npm run torture -- --rounds 50      more of them
//   npm run torture -- --only sim       one part: sim, netns, rust
//
//   sim     the simulation with 100 further seeds in each round
//   netns   every test of tests/netns, those that take minutes as well, with a partition of one minute, then of ten
//   rust    every property test with another seed in each round

import { binary, root, SELECTION } from "./lib/cargo.mjs";
import { run } from "./lib/process.mjs";
import { bold, fail, green, red, say } from "./lib/terminal.mjs";
import { environment, stages } from "./stages.mjs";

const ROUNDS = 5;
const SEEDS = 100;

const nextest = (profile, ...rest) => ["cargo", "nextest", "run", ...SELECTION, "--profile", profile, ...rest];
const noNamespaces = stages.find(({ name }) => name === "netns").skip();

const parts = {
  sim: (round) => ({
    command: nextest("torture", "--ignore-default-filter", "-E", "binary(sim)"),
    env: { AFTERGLOW_SIM_SEEDS: `${round * SEEDS}-${(round + 1) * SEEDS - 1}` },
  }),
  netns: (round) => ({
    command: [binary("lanbox"), "run", "--", ...nextest("torture", "--run-ignored", "all")],
    env: { AFTERGLOW_PARTITION_S: round % 2 === 1 ? 60 : 600 },
    skip: noNamespaces,
  }),
  rust: (round) => ({ command: nextest("default"), env: { PROPTEST_RNG_SEED: 1_000 + round } }),
};

const { rounds, only } = choose(process.argv.slice(2));
await prepare();
const failed = [];
for (let round = 1; round <= rounds; round += 1) {
  for (const name of only) {
    const { command, env, skip } = parts[name](round);
    say(`\n${bold(`━━ round ${round}: ${name}`)}${skip ? ` skipped: ${skip}` : ""}`);
    if (skip) continue;
    const { code } = await run(command, { cwd: root, env: { ...environment, ...env }, minutes: 120 });
    if (code !== 0) failed.push(`round ${round}: ${name}`);
  }
}
say();
for (const name of failed) say(red(`failed in ${name}`));
if (failed.length === 0) say(green(`${rounds} rounds of ${only.join(", ")} passed`));
process.exit(failed.length === 0 ? 0 : 1);

async function prepare() {
  const steps = [["bash", "scripts/setup.sh", "test"], ["npm", "run", "build", "-w", "ui"], ["cargo", "build", ...SELECTION, "--bins", "--tests"]];
  for (const step of steps) {
    const { code } = await run(step, { cwd: root, env: environment, minutes: 60 });
    if (code !== 0) process.exit(code);
  }
}

function choose(args) {
  const value = (name) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
  const names = value("--only")?.split(",") ?? Object.keys(parts);
  const times = Number(value("--rounds") ?? ROUNDS);
  const unknown = names.filter((name) => !(name in parts));
  if (unknown.length > 0 || !Number.isInteger(times) || times < 1) {
    fail(`Usage: npm run torture -- [--rounds N] [--only NAME,NAME]\nParts: ${Object.keys(parts).join(", ")}`);
  }
  return { rounds: times, only: names };
}
