// What was measured last of each case, in docs/benchmarks: figures as they were printed, a plot, and one table of all.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem, type } from "node:os";
import { join } from "node:path";
import { root } from "../lib/cargo.mjs";
import { cases } from "./cases.mjs";
import { plot } from "./plot.mjs";

const FOLDER = join(root, "docs", "benchmarks");

export const HEADS = ["case", "figure", "measured", "worst run", "reference", "ratio", "goal", ""];

/** Keeps the figures of these cases, with when, how busy the machine was and what else is to be known, and draws the table of all that are kept. */
export function keep(measured) {
  mkdirSync(FOLDER, { recursive: true });
  const date = new Date().toISOString().slice(0, 10);
  for (const { id, title, figures, note, load = loadavg()[0] } of measured.filter(({ figures }) => figures.length > 0)) {
    writeFileSync(path(id, "json"), `${JSON.stringify({ date, load: Number(load.toFixed(1)), note, figures }, null, 2)}\n`);
    writeFileSync(path(id, "svg"), plot(title, figures));
  }
  const kept = cases.filter(({ id }) => existsSync(path(id, "json"))).map((entry) => ({ ...entry, ...JSON.parse(readFileSync(path(entry.id, "json"), "utf8")) }));
  writeFileSync(path("README", "md"), markdown(kept));
}

/** What is said where a goal is missed. */
function limits(kept) {
  const missed = kept.filter(({ id, figures, limit }) => limit && figures.some((figure) => row(id, figure).at(-1) === "missed"));
  if (missed.length === 0) return [];
  return ["What stands between these and their goals:", "", ...missed.map(({ id, limit }) => `- **${id}**: ${limit}`), ""];
}

/** One figure as a row of the table. */
export function row(id, { bench, value, worst, unit, reference, goal, better }) {
  const met = goal === undefined ? "" : (better === "more" ? value >= goal : value <= goal) ? "met" : "missed";
  const ratio = reference ? `${(value / reference.value).toFixed(2)} x` : "";
  const figure = (number) => (number === undefined ? "" : `${short(number)} ${unit}`);
  return [id, bench, figure(value), figure(worst), reference ? `${figure(reference.value)} ${reference.name}` : "", ratio, figure(goal), met];
}

function short(value) {
  return Math.round(value * 10) / 10;
}

function path(name, extension) {
  return join(FOLDER, `${name}.${extension}`);
}

function markdown(kept) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  const machine = `${cpus().length} cores (${cpus()[0].model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()}`;
  return [
    "# Benchmarks",
    "",
    `Measured by \`npm run bench\` on ${machine}. References ran in the same job. Load is how many`,
    "processes wanted a core of the machine then; with nothing else running it is about 2.",
    "",
    line([...HEADS, "on", "load"]),
    line([...HEADS, "on", "load"].map(() => "---")),
    ...kept.flatMap(({ id, figures, date, load, note }) => figures.map((figure) => line([...row(id, figure), note ? `${date}, ${note}` : date, load]))),
    "",
    ...limits(kept),
    ...kept.map(({ id, title }) => `![${title}](${id}.svg)`),
    "",
  ].join("\n");
}
