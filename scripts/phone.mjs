// npm run build:android, npm run build:ios: the app for a phone, on a machine that has what that needs.
//
//   -- --init     makes the project of Gradle or Xcode anew (src-tauri/gen, which is never edited)
//   -- ...        everything else goes to `tauri android build` or `tauri ios build`

import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { root } from "./lib/cargo.mjs";
import { foreground } from "./lib/process.mjs";
import { fail, say } from "./lib/terminal.mjs";

const PHONES = {
  android: { project: "src-tauri/gen/android", icons: "app/src/main/res", targets: ["aarch64-linux-android", "armv7-linux-androideabi", "i686-linux-android", "x86_64-linux-android"], missing: missingForAndroid, words: ["--apk"] },
  ios: { project: "src-tauri/gen/apple", icons: "Assets.xcassets/AppIcon.appiconset", targets: ["aarch64-apple-ios", "aarch64-apple-ios-sim"], missing: missingForIos, words: [] },
};

const [name, ...given] = process.argv.slice(2);
const phone = PHONES[name];
if (!phone) fail("Usage: node scripts/phone.mjs android|ios [--init] [words for tauri]");
const missing = [...phone.missing(), ...missingTargets(phone.targets)];
if (missing.length > 0) fail(`To build for ${name} this machine lacks:\n${missing.map((what) => `  - ${what}`).join("\n")}\nmobile/README.md says more.`);

await must(["bash", "scripts/setup.sh", "node"]);
if (given.includes("--init") || !existsSync(join(root, phone.project))) {
  await must(["npx", "tauri", name, "init", "--ci"]);
  await drawIcons();
}
await must(["npx", "tauri", name, "build", ...phone.words, ...given.filter((word) => word !== "--init")]);

/** The project is made with Tauri's icon; ours is drawn in every size that the phone wants. */
async function drawIcons() {
  const drawn = mkdtempSync(join(tmpdir(), "afterglow-icons-"));
  await must(["npx", "tauri", "icon", "src-tauri/icons/icon.svg", "--output", drawn]);
  cpSync(join(drawn, name), join(root, phone.project, phone.icons), { recursive: true });
  rmSync(drawn, { recursive: true, force: true });
}

function missingForAndroid() {
  const sdk = process.env.ANDROID_HOME ?? process.env.ANDROID_SDK_ROOT;
  const java = spawnSync("javac", ["-version"], { encoding: "utf8" });
  const version = Number((java.stdout ?? "").match(/javac (\d+)/)?.[1] ?? 0);
  return [
    ...(version >= 17 ? [] : ["a JDK of version 17 or newer (javac)"]),
    ...(sdk && existsSync(join(sdk, "platforms")) ? [] : ["the Android SDK with a platform and build tools, named by ANDROID_HOME"]),
    ...(ndk(sdk) ? [] : ["the Android NDK, named by NDK_HOME"]),
  ];
}

function ndk(sdk) {
  if (process.env.NDK_HOME) return existsSync(join(process.env.NDK_HOME, "source.properties"));
  const folder = sdk && join(sdk, "ndk");
  const versions = folder && existsSync(folder) ? readdirSync(folder) : [];
  if (versions.length === 0) return false;
  process.env.NDK_HOME = join(folder, versions.sort().at(-1));
  return true;
}

function missingForIos() {
  if (process.platform !== "darwin") return ["macOS: Apple's compiler runs nowhere else"];
  const has = (program, ...words) => spawnSync(program, words).status === 0;
  return [
    ...(has("xcodebuild", "-version") ? [] : ["Xcode, from the App Store"]),
    ...(has("xcodegen", "--version") ? [] : ["xcodegen: brew install xcodegen"]),
    ...(has("pod", "--version") ? [] : ["CocoaPods: brew install cocoapods"]),
    ...(process.env.APPLE_DEVELOPMENT_TEAM ? [] : ["a developer's team, named by APPLE_DEVELOPMENT_TEAM (to run on a device)"]),
  ];
}

function missingTargets(targets) {
  const listed = spawnSync("rustup", ["target", "list", "--installed"], { encoding: "utf8" });
  if (listed.status !== 0) return ["rustup, which fetches Rust's libraries for phones: https://rustup.rs"];
  const absent = targets.filter((target) => !listed.stdout.split("\n").includes(target));
  return absent.length === 0 ? [] : [`Rust's libraries: rustup target add ${absent.join(" ")}`];
}

async function must(command) {
  say(command.join(" "));
  const code = await foreground(command, { cwd: root });
  if (code !== 0) process.exit(code);
}
