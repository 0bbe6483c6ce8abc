import assert from "node:assert/strict";
import { test } from "node:test";
import { fold } from "../bench/runs.mjs";

test("of several runs the median is kept, and the worst beside it", () => {
  const run = (late, rate, bound) => [
    { bench: "late", value: late, unit: "ms", goal: 5, reference: { name: "bound", value: bound } },
    { bench: "rate", value: rate, unit: "MB/s", better: "more" },
  ];
  assert.deepEqual(fold([run(3, 30, 1), run(9, 10, 2), run(4, 20, 6)]), [
    { bench: "late", value: 4, worst: 9, unit: "ms", goal: 5, reference: { name: "bound", value: 2 } },
    { bench: "rate", value: 20, worst: 10, unit: "MB/s", better: "more" },
  ]);
  assert.deepEqual(fold([run(3, 30, 1)]), run(3, 30, 1), "one run is what it is");
  const own = (value, worst) => [{ bench: "late", value, worst, unit: "ms" }];
  assert.deepEqual(fold([own(3, 9), own(4, 5), own(2, 2)]), own(3, 9), "a case may run several times by itself");
});
