// Compiles the Kotlin plugin, with Tauri's own library, against the signatures of Android's API; runs its tests; lints it.
//
// The signatures are those of API 36 as read on a device; nothing of Android runs here. What Gradle would generate (R) is
// generated here too, from the resources.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { root } from "../../scripts/lib/cargo.mjs";
import { run } from "../../scripts/lib/process.mjs";
import { here } from "./lib.mjs";
import { buildDirectory } from "./rust.mjs";
import { crateFolder, kotlinDirectory, ktlint, python, sitePackages } from "./tools.mjs";

export const android = join(here, "../android");
const JAVA = "/usr/share/java";
const JACKSON = ["jackson-databind", "jackson-core", "jackson-annotations"].map((name) => `${JAVA}/${name}.jar`);
const PACKAGE = "app.afterglow.mobile";

/** All files below a folder with an ending, sorted. */
export function files(folder, ending) {
  const found = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(ending));
  return found.sort().map((name) => join(folder, name));
}

/** @returns {Promise<{ code: number, output: string }>} */
export async function compile({ sources = join(android, "src/main/java"), quiet = false } = {}) {
  const work = workplace();
  const stubs = await step(await androidApi(work));
  if (stubs.code !== 0) return stubs;
  const tauri = await tauriLibrary(work);
  if (tauri.code !== 0) return tauri;
  const generated = join(work, "R.kt");
  writeFileSync(generated, resources());
  const path = [join(work, "android.jar"), join(work, "tauri"), ...JACKSON];
  return kotlinc([...files(sources, ".kt"), generated], path, join(work, "plugin"), { quiet });
}

/** Runs the tests of what needs no Android. */
export async function test({ tests = join(android, "src/test/java"), quiet = false } = {}) {
  const work = workplace();
  const kotlin = ["kotlin-test.jar", "kotlin-test-junit.jar"].map((name) => join(kotlinDirectory(), name));
  const path = [join(work, "plugin"), `${JAVA}/junit4.jar`, `${JAVA}/hamcrest.jar`, ...kotlin];
  // Beside what is internal to the plugin, as Gradle compiles tests.
  const friends = `-Xfriend-paths=${join(work, "plugin")}`;
  const compiled = await kotlinc(files(tests, ".kt"), path, join(work, "tests"), { quiet, extra: [friends] });
  if (compiled.code !== 0) return compiled;
  const run_ = [...path, join(work, "tests"), join(kotlinDirectory(), "kotlin-stdlib.jar")].join(delimiter);
  const names = files(tests, "Test.kt").map((file) => `${PACKAGE}.${file.split("/").at(-1).replace(".kt", "")}`);
  return run(["java", "-cp", run_, "org.junit.runner.JUnitCore", ...names], { minutes: 5, quiet });
}

export async function lint({ folder = android, quiet = false } = {}) {
  // Given an absolute pattern it walks the whole file system.
  const style = `--editorconfig=${join(root, ".editorconfig")}`;
  return run(["java", "-jar", ktlint(), "--relative", style, "src/**/*.kt"], { cwd: folder, minutes: 5, quiet });
}

function workplace() {
  const work = join(buildDirectory(), "kotlin");
  mkdirSync(work, { recursive: true });
  return work;
}

/** Made anew when the way of making it has changed. */
async function androidApi(work) {
  const key = fingerprint([...files(join(here, "android_api"), ".py"), join(here, "android_api/overrides.txt")]);
  return { command: [python(), join(here, "android_api"), join(work, "android.jar"), sitePackages()], made: join(work, "android.jar"), key };
}

async function tauriLibrary(work) {
  const library = join(crateFolder("tauri"), "mobile/android/src/main/java");
  const sources = [...files(library, ".kt"), ...files(join(here, "kotlin"), ".kt")];
  const key = fingerprint([...sources, join(work, "android.jar.key")]);
  const made = join(work, "tauri");
  if (existsSync(made) && keyOf(made) === key) return { code: 0, output: "" };
  const compiled = await kotlinc(sources, [join(work, "android.jar"), ...JACKSON], made, {});
  if (compiled.code === 0) writeFileSync(`${made}.key`, key);
  return compiled;
}

async function step({ command, made, key }) {
  if (existsSync(made) && keyOf(made) === key) return { code: 0, output: "" };
  const done = await run(command, { minutes: 5 });
  if (done.code === 0) writeFileSync(`${made}.key`, key);
  return done;
}

const keyOf = (made) => (existsSync(`${made}.key`) ? readFileSync(`${made}.key`, "utf8") : "");

function kotlinc(sources, path, out, { quiet = false, extra = [] }) {
  rmSync(out, { recursive: true, force: true });
  const compiler = ["java", "-Xmx1g", "-cp", join(kotlinDirectory(), "kotlin-compiler.jar"), "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler"];
  const home = join(kotlinDirectory(), "..");
  const options = ["-kotlin-home", home, "-jvm-target", "1.8", "-nowarn", "-module-name", "plugin", ...extra];
  return run([...compiler, ...options, "-cp", path.join(delimiter), "-d", out, ...sources], { minutes: 10, quiet });
}

/** The class R as Android's build makes it: a number for each resource. */
function resources() {
  const folder = join(android, "src/main/res");
  const strings = [...readFileSync(join(folder, "values/strings.xml"), "utf8").matchAll(/<string name="(\w+)"/g)].map((match) => match[1]);
  const drawables = readdirSync(join(folder, "drawable")).map((name) => name.replace(/\..*/, ""));
  const object = (name, entries) => [`    object ${name} {`, ...entries.map((entry, at) => `        const val ${entry} = ${at + 1}`), "    }"];
  return [`package ${PACKAGE}`, "", "object R {", ...object("string", strings), ...object("drawable", drawables), "}", ""].join("\n");
}

function fingerprint(paths) {
  const hash = createHash("sha256");
  for (const path of paths) hash.update(readFileSync(path));
  return hash.digest("hex");
}
