// npm run bench: measures, compares with references of the same run, and draws.
//
//   npm run bench                    every case; writes docs/benchmarks
//   npm run bench -- S7 size         some cases; what was measured of the others stays
//   npm run bench -- --list          their names

import { cases } from "./bench/cases.mjs";
import { HEADS, keep, row } from "./bench/results.mjs";
import { root, SELECTION } from "./lib/cargo.mjs";
import { foreground, run } from "./lib/process.mjs";
import { bold, fail, green, red, say, table } from "./lib/terminal.mjs";

const LIMIT_MINUTES = 30;

const chosen = choose(process.argv.slice(2));
await prepare(chosen);
const measured = [];
for (const entry of chosen) measured.push({ ...entry, figures: await measure(entry) });
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

async function measure(entry) {
  say(`\n${bold(`━━ ${entry.id}`)} ${entry.title}`);
  const { code, output } = await run(typeof entry.command === "function" ? entry.command() : entry.command, { cwd: root, minutes: LIMIT_MINUTES });
  const figures = output.split("\n").filter((line) => line.startsWith('{"bench":')).map((line) => JSON.parse(line));
  if (code !== 0 || figures.length === 0) {
    say(red(`${entry.id} failed: ${code === 0 ? "it printed no figure" : `exit code ${code}`}`));
    process.exitCode = 1;
  }
  return figures;
}

function report(measured) {
  const rows = measured.flatMap((entry) => entry.figures.map((figure) => row(entry.id, figure)));
  say();
  for (const line of table(HEADS, rows.map((cells) => [...cells.slice(0, 6), verdict(cells[6])]), [2, 3, 4, 5])) say(line);
  keep(measured);
  say(`\nTable and plots are in docs/benchmarks.`);
}

function verdict(met) {
  return met === "met" ? green(met) : red(met);
}
