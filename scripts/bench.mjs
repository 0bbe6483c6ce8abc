// npm run bench: measures, compares with references of the same run, and draws.
//
//   npm run bench                    every case; writes docs/benchmarks
//   npm run bench -- S7 size         some cases
//   npm run bench -- --list          their names

import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem, type } from "node:os";
import { join } from "node:path";
import { cases } from "./bench/cases.mjs";
import { plot } from "./bench/plot.mjs";
import { root, SELECTION } from "./lib/cargo.mjs";
import { foreground, run } from "./lib/process.mjs";
import { bold, fail, green, red, say, table } from "./lib/terminal.mjs";

const LIMIT_MINUTES = 30;
const HEADS = ["case", "figure", "measured", "reference", "ratio", "goal", ""];

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
  const rows = measured.flatMap((entry) => entry.figures.map((figure) => row(entry, figure)));
  say();
  for (const line of table(HEADS, rows.map((cells) => [...cells.slice(0, 6), verdict(cells[6])]), [2, 3, 4, 5])) say(line);

  const folder = join(root, "docs", "benchmarks");
  mkdirSync(folder, { recursive: true });
  for (const entry of measured.filter((entry) => entry.figures.length > 0)) {
    writeFileSync(join(folder, `${entry.id}.svg`), plot(entry.title, entry.figures));
  }
  // A run of some cases leaves the table of the others alone.
  if (measured.length === cases.length) writeFileSync(join(folder, "README.md"), markdown(measured, rows));
  say(`\nPlots are in docs/benchmarks.`);
}

function row(entry, { bench, value, unit, reference, goal, better }) {
  const met = goal === undefined ? "" : (better === "more" ? value >= goal : value <= goal) ? "met" : "missed";
  const ratio = reference ? `${(value / reference.value).toFixed(2)} x` : "";
  return [entry.id, bench, `${value} ${unit}`, reference ? `${reference.value} ${unit} ${reference.name}` : "", ratio, goal === undefined ? "" : `${goal} ${unit}`, met];
}

function verdict(met) {
  return met === "met" ? green(met) : red(met);
}

function markdown(measured, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  const machine = `${cpus().length} cores (${cpus()[0].model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()}`;
  const plots = measured.filter((entry) => entry.figures.length > 0).map((entry) => `![${entry.title}](${entry.id}.svg)`);
  return [
    "# Benchmarks",
    "",
    `Measured by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}: ${machine}. References ran in the same job.`,
    "",
    line(HEADS),
    line(HEADS.map(() => "---")),
    ...rows.map(line),
    "",
    ...plots,
    "",
  ].join("\n");
}
