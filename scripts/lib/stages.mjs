// Runs a list of stages and adds up what they say.
//
// A stage has passed, failed, or was skipped with its reason. A failed stage does not stop the later ones, except
// those that need it. A stage that runs tests and whose output names no test at all has failed: silence is no success.

import { bold, dim, duration, green, red, table, yellow } from "./terminal.mjs";
import { tally } from "./tally.mjs";

/**
 * @typedef {{ name: string, outcome: "passed" | "failed" | "skipped", seconds: number, reason?: string,
 *   passed: number, failed: number, skipped: number }} Result
 */

/**
 * @param {object[]} stages as scripts/stages.mjs describes them
 * @param {{ run: Function, say: Function }} tools
 * @returns {Promise<Result[]>}
 */
export async function runStages(stages, tools) {
  const results = [];
  for (const stage of stages) {
    const began = performance.now();
    const result = skipReason(stage, results) ?? (await runStage(stage, tools));
    results.push({ name: stage.name, seconds: (performance.now() - began) / 1000, ...result });
    announce(results.at(-1), tools);
    if (process.exitCode === 130) break;
  }
  return results;
}

/** The table, what failed, and the closing line. */
export function summary(results) {
  const total = (key) => results.reduce((sum, result) => sum + result[key], 0);
  const seconds = total("seconds");
  const rows = results.map((result) => [
    result.name,
    PAINT[result.outcome](result.outcome),
    duration(result.seconds),
    result.passed,
    result.failed,
    result.skipped,
    dim(result.reason ?? ""),
  ]);
  rows.push([bold("all"), "", duration(seconds), total("passed"), total("failed"), total("skipped"), ""]);
  const failed = results.some((result) => result.outcome === "failed");
  const lines = [
    ...table(["stage", "", "time", "passed", "failed", "skipped", ""], rows, [2, 3, 4, 5]),
    "",
    `${total("passed")} passed, ${total("failed")} failed, ${total("skipped")} skipped`,
  ];
  return { lines, failed };
}

function skipReason(stage, results) {
  const broken = (stage.needs ?? []).find((name) => {
    const before = results.find((result) => result.name === name);
    return before && before.outcome !== "passed";
  });
  if (broken) return { outcome: "skipped", reason: `needs "${broken}"`, passed: 0, failed: 0, skipped: 1 };
  const reason = stage.skip?.();
  if (!reason) return undefined;
  return { outcome: "skipped", reason, passed: 0, failed: 0, skipped: stage.skipped ? counted(stage.skipped) : 1 };
}

async function runStage(stage, tools) {
  const command = typeof stage.command === "function" ? stage.command() : stage.command;
  tools.say(`\n${bold(`━━ ${stage.name}`)} ${dim(command.join(" "))}`);
  const { code, output, timedOut } = await tools.run(command, stage.minutes);
  const reason = timedOut ? `ended after ${stage.minutes} minutes` : code === 0 ? undefined : `exit code ${code}`;
  const totals = stage.counts ? tally(stage.counts, output) : { passed: code === 0 ? 1 : 0, failed: 0, skipped: 0 };
  return judge(totals, reason, stage);
}

/** The runner's exit code and its totals must agree; the worse of the two counts. */
function judge(totals, reason, stage) {
  const { passed, failed, skipped } = totals ?? { passed: 0, failed: 0, skipped: 0 };
  const silent = stage.counts && passed + failed === 0;
  const ignored = stage.ignored ? counted(stage.ignored) : 0;
  const why = reason ?? (failed > 0 ? `${failed} failed` : silent ? "no test ran" : undefined);
  const outcome = why ? "failed" : "passed";
  return { outcome, reason: why, passed, failed: why ? Math.max(failed, 1) : 0, skipped: skipped + ignored };
}

/** A count that the runner is asked for; one when it cannot say. */
function counted(ask) {
  try {
    return ask();
  } catch {
    return 1;
  }
}

function announce(result, tools) {
  const reason = result.reason ? `: ${result.reason}` : "";
  const line = `${MARK[result.outcome]} ${result.name} ${result.outcome}${reason}`;
  tools.say(PAINT[result.outcome](line) + dim(` ${duration(result.seconds)}`));
}

const PAINT = { passed: green, failed: red, skipped: yellow };
const MARK = { passed: "✓", failed: "✗", skipped: "–" };
