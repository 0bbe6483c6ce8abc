import assert from "node:assert/strict";
import { test } from "node:test";
import { tally } from "../lib/tally.mjs";

test("nextest: every kind of failure counts, what the profile filters out does not", () => {
  const output = [
    "     Summary [   0.011s] 3 tests run: 3 passed, 2 skipped",
    "\u001b[32m     Summary\u001b[0m [  12.011s] 9/10 tests run: 5 passed (1 slow), 2 failed, 1 timed out, 1 exec failed, 40 skipped",
    "error: test run failed",
  ].join("\n");
  assert.deepEqual(tally("nextest", output), { passed: 5, failed: 4, skipped: 0 });
});

test("nextest: one test is singular", () => {
  assert.deepEqual(tally("nextest", "Summary [ 0.1s] 1 test run: 1 passed, 0 skipped"), { passed: 1, failed: 0, skipped: 0 });
});

test("vitest: tests count, files do not", () => {
  const output = " Test Files  2 passed (2)\n      Tests  1 failed | 12 passed | 1 skipped | 2 todo (16)\n";
  assert.deepEqual(tally("vitest", output), { passed: 12, failed: 1, skipped: 3 });
});

test("node: both of its reporters", () => {
  assert.deepEqual(tally("node", "# tests 5\n# pass 3\n# fail 1\n# cancelled 1\n# skipped 0\n# todo 0\n"), {
    passed: 3,
    failed: 2,
    skipped: 0,
  });
  assert.deepEqual(tally("node", "ℹ pass 3\nℹ fail 0\nℹ skipped 2\n"), { passed: 3, failed: 0, skipped: 2 });
});

test("tests: whichever runner speaks, and our own closing line", () => {
  assert.equal(tally("tests", "ℹ pass 3\n")?.passed, 3);
  assert.equal(tally("tests", "  Tests  4 passed (4)\n")?.passed, 4);
  assert.deepEqual(tally("tests", "5 passed, 1 failed, 2 skipped\n"), { passed: 5, failed: 1, skipped: 2 });
});

test("no total is not zero tests passed", () => {
  for (const runner of ["nextest", "vitest", "node", "tests"]) assert.equal(tally(runner, "all good!"), undefined);
});
