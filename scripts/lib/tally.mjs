// Reads from a test runner's own output how many tests passed, failed and were skipped.

import { plain } from "./terminal.mjs";

/** @typedef {{ passed: number, failed: number, skipped: number }} Tally */

/**
 * @param {"nextest" | "vitest" | "node" | "tests"} runner `tests` means: whichever of them speaks
 * @param {string} output
 * @returns {Tally | undefined} nothing when the output holds no total
 */
export function tally(runner, output) {
  const lines = plain(output).split(/\r?\n/);
  if (runner !== "tests") return READERS[runner](lines);
  return READERS.node(lines) ?? READERS.vitest(lines) ?? READERS.nextest(lines) ?? READERS.closing(lines);
}

const READERS = { nextest, vitest, node, closing };

/**
 * `Summary [ 1.2s] 9/10 tests run: 7 passed (1 slow), 1 failed, 1 timed out, 5 skipped`
 * Its `skipped` counts what the profile filters out, which another profile runs: it is left out here.
 */
function nextest(lines) {
  const summary = lines.findLast((line) => /Summary \[.*tests? run:/.test(line));
  if (!summary) return undefined;
  const failed = ["failed", "timed out", "exec failed"].map((word) => count(summary, word));
  return { passed: count(summary, "passed"), failed: sum(failed), skipped: 0 };
}

/** `Tests  1 failed | 12 passed | 1 skipped | 2 todo (16)` */
function vitest(lines) {
  const summary = lines.findLast((line) => /^\s*Tests\s+\d/.test(line));
  if (!summary) return undefined;
  const skipped = count(summary, "skipped") + count(summary, "todo");
  return { passed: count(summary, "passed"), failed: count(summary, "failed"), skipped };
}

/** `# pass 3`, `# fail 0`, `# cancelled 0`, `# skipped 1`, `# todo 0`; `ℹ` instead of `#` for people */
function node(lines) {
  const value = (word) => {
    const line = lines.findLast((line) => new RegExp(`^[#ℹ] ${word} \\d+$`).test(line));
    return line ? Number(line.split(" ")[2]) : undefined;
  };
  if (value("pass") === undefined) return undefined;
  const failed = (value("fail") ?? 0) + (value("cancelled") ?? 0);
  return { passed: value("pass"), failed, skipped: (value("skipped") ?? 0) + (value("todo") ?? 0) };
}

/** `3 passed, 0 failed, 1 skipped`, our own closing line */
function closing(lines) {
  const match = lines.findLast((line) => CLOSING.test(line))?.match(CLOSING);
  return match && { passed: Number(match[1]), failed: Number(match[2]), skipped: Number(match[3]) };
}

const CLOSING = /^(\d+) passed, (\d+) failed, (\d+) skipped$/;

function count(line, word) {
  const match = line.match(new RegExp(`(\\d+) ${word}`));
  return match ? Number(match[1]) : 0;
}

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
