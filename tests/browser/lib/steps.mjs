// The steps of one story: each stands on those before it, so after the first that fails the others say nothing.

import { test } from "node:test";
import { Stage } from "./stage.mjs";

/** @returns a `test` whose later steps are left out once one has failed */
export function steps() {
  let failed;
  return (name, run) =>
    test(name, async (t) => {
      if (failed) return t.skip(`stands on "${failed}"`);
      try {
        await run(t);
      } catch (error) {
        failed = name;
        for (const scene of await Stage.scenes()) t.diagnostic(scene);
        throw error;
      }
    });
}
