// Plants an error for each check and sees it found: a check that cannot fail says nothing.

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { green, red, say } from "../../scripts/lib/terminal.mjs";
import * as kotlin from "./kotlin.mjs";
import * as languages from "./languages.mjs";
import { here } from "./lib.mjs";
import * as rust from "./rust.mjs";
import { fetchTools } from "./tools.mjs";

const PLUGIN = "src/main/java/app/afterglow/mobile";
const TEST = "src/test/java/app/afterglow/mobile/AskingTest.kt";

/** What is planted where, and what the check has to say about it. */
const KOTLIN = [
  ["a method that Android does not have", `${PLUGIN}/Discovery.kt`, "nsd.registerService(", "nsd.announceService(", "announceService"],
  ["a text where Android wants a number", `${PLUGIN}/Discovery.kt`, "service.port = port", 'service.port = "port"', "mismatch"],
  ["a listener that lacks a method", `${PLUGIN}/Discovery.kt`, "override fun onServiceLost(serviceInfo: NsdServiceInfo) = lost(serviceInfo)", "", "onServiceLost"],
  ["a kind of service that Android does not know", `${PLUGIN}/SharingService.kt`, "FOREGROUND_SERVICE_TYPE_CONNECTED_DEVICE", "FOREGROUND_SERVICE_TYPE_NEARBY", "FOREGROUND_SERVICE_TYPE_NEARBY"],
  ["a call that Tauri does not have", `${PLUGIN}/AfterglowPlugin.kt`, "invoke.resolveObject(", "invoke.answerObject(", "answerObject"],
];

/** What is missing to plant and find, if anything is. */
export const plantObstacle = async () => (await fetchTools()) ?? rust.obstacle();

/** @returns whether each was found */
export async function selftest() {
  const obstacle = await plantObstacle();
  if (obstacle) throw new Error(obstacle);
  const folder = mkdtempSync(join(tmpdir(), "afterglow-planted-"));
  try {
    const found = [];
    for (const planted of PLANTED) found.push(report(planted.what, await planted.isFound(folder)));
    return found.every(Boolean);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function report(what, isFound) {
  say(isFound ? green(`✓ found: ${what}`) : red(`✗ NOT found: ${what}`));
  return isFound;
}

const PLANTED = [
  ...KOTLIN.map(([what, file, from, to, told]) => ({
    what,
    isFound: async (folder) => failed(await kotlin.compile({ sources: join(plant(folder, "android", file, from, to), "src/main/java"), quiet: true }), told),
  })),
  {
    what: "a wrong expectation in a test of Kotlin",
    isFound: async (folder) => {
      await kotlin.compile({ quiet: true });
      const tests = join(plant(folder, "android", TEST, '"storage"', '"attic"'), "src/test/java");
      return failed(await kotlin.test({ tests, quiet: true }), "attic");
    },
  },
  {
    what: "Kotlin that is laid out badly",
    isFound: async (folder) => failed(await kotlin.lint({ folder: plant(folder, "android", `${PLUGIN}/Asking.kt`, "internal object Asking {", "internal object Asking{"), quiet: true }), "Asking.kt"),
  },
  {
    what: "Swift with a brace too few",
    isFound: async (folder) => failed(await languages.swift({ folder: plant(folder, "ios", "Sources/Gallery.swift", "enum Gallery {", "enum Gallery"), quiet: true }), "Gallery.swift"),
  },
  {
    what: "a manifest that is no XML",
    isFound: async (folder) => failed(await languages.xml({ folder: plant(folder, "android", "src/main/AndroidManifest.xml", "</application>", ""), quiet: true }), "mismatched tag"),
  },
  ...Object.keys(rust.TARGETS).map((phone) => ({
    what: `Rust that is wrong for ${phone} alone`,
    isFound: async (folder) => failed(await wrongRust(folder, phone), "E0308"),
  })),
];

const failed = ({ code, output }, told) => code !== 0 && output.includes(told);

/** A copy of a phone's sources with one thing changed. */
function plant(folder, phone, file, from, to) {
  const copy = mkdtempSync(join(folder, `${phone}-`));
  cpSync(join(here, "..", phone), copy, { recursive: true });
  const path = join(copy, file);
  const text = readFileSync(path, "utf8");
  if (!text.includes(from)) throw new Error(`${file} holds no ${from}`);
  writeFileSync(path, text.replace(from, to));
  return copy;
}

/** A crate of its own, under the compiler, the standard library and the flags of the check. */
async function wrongRust(folder, phone) {
  const crate = mkdtempSync(join(folder, "rust-"));
  mkdirSync(join(crate, "src"));
  writeFileSync(join(crate, "Cargo.toml"), '[package]\nname = "planted"\nversion = "0.0.0"\nedition = "2024"\n\n[workspace]\n');
  writeFileSync(join(crate, "src/lib.rs"), `pub fn right() -> u32 { 1 }\n#[cfg(target_os = "${phone}")]\npub fn wrong() -> u32 { "text" }\n`);
  return rust.check(phone, { folder: crate, quiet: true });
}
