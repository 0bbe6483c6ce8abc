// Type-checks all of our Rust for a phone: every crate, as `cargo check` reads it, with the real standard library of the target.
//
// Debian ships a second compiler together with the sources of its standard library (rustc-web, rust-web-src). With it and
// cargo's -Zbuild-std no toolchain of a phone is needed. Build scripts that compile C are given stand-ins that compile
// nothing: no C is checked, nothing is linked, nothing runs.

import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { root, targetDirectory } from "../../scripts/lib/cargo.mjs";
import { install } from "../../scripts/lib/debian.mjs";
import { run } from "../../scripts/lib/process.mjs";
import { here } from "./lib.mjs";

export const TARGETS = { android: "aarch64-linux-android", ios: "aarch64-apple-ios" };

const PACKAGES = ["rustc-web", "cargo-web", "rust-web-src"];
/** Where Debian puts them. */
const RUSTC = "/usr/bin/rustc";
/** What runs on the machine of a developer only. */
const NOT_ON_PHONES = ["tests", "lanbox"];
/** Cold, on two cores. */
const MINUTES = 24;

/** Whether this machine can do it, or why not. */
export function obstacle() {
  if (process.platform !== "linux") return "the compiler for it comes from Debian";
  return install(PACKAGES) ?? (existsSync(RUSTC) ? undefined : `${RUSTC} is not there`);
}

/** @param {"android" | "ios"} phone */
export async function check(phone, { folder = root, quiet = false } = {}) {
  const command = ["cargo", "check", "-Zbuild-std=std,panic_abort", "--target", TARGETS[phone]];
  const ours = ["--workspace", "--locked", ...NOT_ON_PHONES.flatMap((name) => ["--exclude", name])];
  return run(folder === root ? [...command, ...ours] : command, { cwd: folder, env: environment(), minutes: MINUTES, quiet });
}

/** Its artefacts are another compiler's: they lie beside the project's own, and are shared by both phones. */
export const buildDirectory = () => process.env.AFTERGLOW_MOBILE_TARGET_DIR ?? join(targetDirectory(), "mobile-check");

function environment() {
  const standIns = join(here, "stand-ins");
  const sdk = join(buildDirectory(), "sdk");
  mkdirSync(sdk, { recursive: true });
  const compilers = Object.values(TARGETS).flatMap((target) => {
    const name = target.replaceAll("-", "_");
    return [
      [`CC_${name}`, join(standIns, "compiler")],
      [`CXX_${name}`, join(standIns, "compiler")],
      [`AR_${name}`, join(standIns, "archiver")],
    ];
  });
  return {
    PATH: `${join(standIns, "bin")}:/usr/bin:/bin`,
    RUSTC,
    RUSTC_BOOTSTRAP: "1",
    CARGO_TARGET_DIR: buildDirectory(),
    SDKROOT: sdk,
    // libjpeg-turbo would be built by CMake, which tries its compiler out; the bindings are in the crate.
    TURBOJPEG_SOURCE: "explicit",
    TURBOJPEG_LIB_DIR: sdk,
    TURBOJPEG_INCLUDE_DIR: sdk,
    ...Object.fromEntries(compilers),
  };
}
