// How large the programs are that people install: as built, and as they travel.

import { existsSync, readFileSync, statSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { binary } from "../lib/cargo.mjs";

for (const name of ["afterglow-app", "afterglow"]) {
  const file = binary(name, { release: true });
  if (!existsSync(file)) continue;
  print(name, statSync(file).size);
  print(`${name}, compressed`, gzipSync(readFileSync(file)).length);
}

function print(bench, bytes) {
  console.log(JSON.stringify({ bench, value: Number((bytes / 1e6).toFixed(1)), unit: "MB" }));
}
