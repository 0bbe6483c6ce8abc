// npm run bench: measures, compares with references of the same run, and draws.
//
//   npm run bench                    every case; writes docs/benchmarks
//   npm run bench -- S7 size         some cases; what was measured of the others stays
//   npm run bench -- --list          their names

import { cases } from "./bench/cases.mjs";
import { HEADS, keep, row } from "./bench/results.mjs";
import { measure } from "./bench/runs.mjs";
import { root, SELECTION } from "./lib/cargo.mjs";
import { foreground } from "./lib/process.mjs";
import { bold, fail, green, red, say, table } from "./lib/terminal.mjs";

const chosen = choose(process.argv.slice(2));
await prepare(chosen);
const measured = [];
for (const entry of chosen) measured.push({ ...entry, figures: await figuresOf(entry) });
report(measured);

function choose(names) {
  const known = cases.map((entry) => entry.id);
  if (names.includes("--list")) {
    for (const entry of cases) say(`${entry.id.padEnd(8)} ${entry.title}`);
    process.exit(0);
  }
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) fail(`No such case: ${unknown.join(", ")}. Cases: ${known.join(", ")}`);
  return names.length > 0 ? cases.filter((entry) => names.includes(entry.id)) : cases;
}

async function prepare(chosen) {
  const steps = [["bash", "scripts/setup.sh", "bench"]];
  if (chosen.some((entry) => entry.needs === "release")) {
    steps.push(["npm", "run", "--silent", "build", "-w", "ui"], ["cargo", "build", ...SELECTION, "--bins", "--release"]);
  }
  for (const step of steps) {
    const code = await foreground(step, { cwd: root });
    if (code !== 0) process.exit(code);
  }
}

async function figuresOf(entry) {
  say(`\n${bold(`━━ ${entry.id}`)} ${entry.title}`);
  const { figures, trouble } = await measure(entry);
  if (trouble) {
    say(red(`${entry.id} failed: ${trouble}`));
    process.exitCode = 1;
  }
  return trouble ? [] : figures;
}

function report(measured) {
  const rows = measured.flatMap((entry) => entry.figures.map((figure) => row(entry.id, figure)));
  say();
  for (const line of table(HEADS, rows.map((cells) => [...cells.slice(0, -1), verdict(cells.at(-1))]), [2, 3, 4, 5, 6])) say(line);
  keep(measured);
  say(`\nTable and plots are in docs/benchmarks.`);
}

function verdict(met) {
  return met === "met" ? green(met) : red(met);
}
