// Runs a case, as often as it says, and makes one figure of those of all runs: the median, and the worst beside it.

import { root } from "../lib/cargo.mjs";
import { run } from "../lib/process.mjs";

const LIMIT_MINUTES = 30;

/** The figures of a case and what went wrong, if something did: then no figures of it are to be kept. */
export async function measure({ command, runs = 1 }) {
  const measured = [];
  for (let number = 0; number < runs; number += 1) {
    const { code, output } = await run(typeof command === "function" ? command() : command, { cwd: root, minutes: LIMIT_MINUTES });
    const figures = output.split("\n").filter((line) => line.startsWith('{"bench":')).map((line) => JSON.parse(line));
    if (code !== 0) return { figures, trouble: `exit code ${code}` };
    if (figures.length === 0) return { figures, trouble: "it printed no figure" };
    measured.push(figures);
  }
  return { figures: fold(measured) };
}

/** One list of figures out of those of several runs, in the order of the first. */
export function fold(measured) {
  if (measured.length === 1) return measured[0];
  return measured[0].map((first) => {
    const same = measured.flatMap((figures) => figures.filter(({ bench }) => bench === first.bench));
    const worst = same.map((figure) => figure.worst ?? figure.value);
    const figure = { ...first, value: median(same.map(({ value }) => value)), worst: first.better === "more" ? Math.min(...worst) : Math.max(...worst) };
    if (first.reference) figure.reference = { ...first.reference, value: median(same.map(({ reference }) => reference.value)) };
    return figure;
  });
}

function median(values) {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length / 2;
  return sorted.length % 2 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
}
