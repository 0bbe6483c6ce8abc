// Cargo, always with the same selection, so that nothing is built twice.

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Every cargo command of the project takes these. */
export const SELECTION = ["--workspace", "--locked"];

/** Where cargo builds to: the environment, the configuration or the clone decide. */
export function targetDirectory() {
  const json = execFileSync("cargo", ["metadata", "--no-deps", "--format-version", "1"], {
    cwd: root,
    maxBuffer: 64 << 20,
  });
  return JSON.parse(json).target_directory;
}

/** The path of a program that cargo has built. */
export function binary(name, { release = false } = {}) {
  const file = process.platform === "win32" ? `${name}.exe` : name;
  return join(targetDirectory(), release ? "release" : "debug", file);
}
