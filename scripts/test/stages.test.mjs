import assert from "node:assert/strict";
import { test } from "node:test";
import { run } from "../lib/process.mjs";
import { runStages, summary } from "../lib/stages.mjs";
import { stages as ladder } from "../stages.mjs";

const shell = (script) => ["bash", "-c", script];
// Silent: node's test runner reads this process's output.
const tools = { run: (command, minutes) => run(command, { minutes, quiet: true }), say: () => {} };

async function closingLineOf(stages) {
  const results = await runStages(stages, tools);
  const { lines, failed } = summary(results);
  return { results, failed, closing: lines.at(-1) };
}

test("a failing stage fails the run, and the later ones still run", async () => {
  const { closing, failed, results } = await closingLineOf([
    { name: "first", command: shell("exit 3") },
    { name: "second", command: shell("true") },
  ]);
  assert.equal(closing, "1 passed, 1 failed, 0 skipped");
  assert.equal(failed, true);
  assert.equal(results[0].reason, "exit code 3");
});

test("a stage whose ground failed is skipped with the reason, and what needs it in turn", async () => {
  const { closing, failed, results } = await closingLineOf([
    { name: "build", command: shell("false") },
    { name: "test", command: shell("true"), needs: ["build"] },
    { name: "report", command: shell("true"), needs: ["test"] },
  ]);
  assert.equal(closing, "0 passed, 1 failed, 2 skipped");
  assert.equal(failed, true);
  assert.deepEqual(results.map((result) => result.outcome), ["failed", "skipped", "skipped"]);
  assert.equal(results[1].reason, 'needs "build"');
});

test("a stage that was not chosen is not missed by those that need it", async () => {
  const { closing } = await closingLineOf([{ name: "test", command: shell("true"), needs: ["build"] }]);
  assert.equal(closing, "1 passed, 0 failed, 0 skipped");
});

test("totals are the runners' own", async () => {
  const { closing } = await closingLineOf([
    { name: "rust", command: shell("echo 'Summary [1s] 7 tests run: 7 passed, 3 skipped'"), counts: "nextest", ignored: () => 2 },
    { name: "ui", command: shell("echo 'Tests  4 passed | 1 skipped (5)'"), counts: "vitest" },
    { name: "format", command: shell("true") },
  ]);
  assert.equal(closing, "12 passed, 0 failed, 3 skipped");
});

test("a runner that is silent, or that lies about its exit code, has failed", async () => {
  const { results } = await closingLineOf([
    { name: "silent", command: shell("echo fine"), counts: "tests" },
    { name: "kind", command: shell("echo '1 passed, 2 failed, 0 skipped'"), counts: "tests" },
    { name: "crashed", command: shell("echo '3 passed, 0 failed, 0 skipped'; exit 1"), counts: "tests" },
  ]);
  assert.deepEqual(results.map((result) => result.outcome), ["failed", "failed", "failed"]);
  assert.deepEqual(results.map((result) => result.failed), [1, 2, 1]);
});

test("a stage that cannot run here is skipped with its reason and its number of tests", async () => {
  const { closing, failed, results } = await closingLineOf([
    { name: "netns", command: shell("false"), skip: () => "needs root", skipped: () => 12 },
  ]);
  assert.equal(closing, "0 passed, 0 failed, 12 skipped");
  assert.equal(failed, false);
  assert.equal(results[0].reason, "needs root");
});

test("a stage that hangs is ended, with all that it started", async () => {
  const { results } = await closingLineOf([{ name: "hangs", command: shell("sleep 60 & wait"), minutes: 0.005 }]);
  assert.equal(results[0].outcome, "failed");
  assert.match(results[0].reason, /ended after/);
  assert.ok(results[0].seconds < 10, "it did not wait for the minute");
});

test("the ladder's list is sound: names are unique and needs name an earlier stage", () => {
  const seen = new Set();
  for (const stage of ladder) {
    assert.ok(!seen.has(stage.name), `${stage.name} is listed twice`);
    for (const need of stage.needs ?? []) assert.ok(seen.has(need), `${stage.name} needs ${need}, which does not come before it`);
    assert.ok(stage.minutes > 0, `${stage.name} has no limit`);
    seen.add(stage.name);
  }
});
