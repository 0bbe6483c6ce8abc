// Looks at finished packages and says what is wrong with them.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What the .deb has to hold, beside the app's icons. */
export const EXPECTED = [
  "/usr/bin/afterglow",
  "/usr/bin/afterglow-app",
  "/usr/share/applications/Afterglow.desktop",
  "/usr/share/bash-completion/completions/afterglow",
  "/usr/share/doc/afterglow/changelog.gz",
  "/usr/share/doc/afterglow/copyright",
  "/usr/share/fish/vendor_completions.d/afterglow.fish",
  "/usr/share/icons/hicolor/128x128/apps/afterglow-app.png",
  "/usr/share/icons/hicolor/scalable/apps/afterglow-app.svg",
  "/usr/share/man/man1/afterglow-group.1.gz",
  "/usr/share/man/man1/afterglow.1.gz",
  "/usr/share/metainfo/app.afterglow.Afterglow.metainfo.xml",
  "/usr/share/zsh/vendor-completions/_afterglow",
];

/** The newest C library that the command may need: Debian 12's, which Raspberry Pi OS has too. */
export const GLIBC = [2, 36];

/** What the command may be linked with beside the C library. */
const LIBRARIES = ["libc.so.6", "libm.so.6", "libgcc_s.so.1", "libdl.so.2", "libpthread.so.0", "librt.so.1"];

/** The metainfo, and that versions agree. */
export function inspectTexts(share, version) {
  const metainfo = join(share, "metainfo/app.afterglow.Afterglow.metainfo.xml");
  const faults = validate("appstreamcli", ["validate", "--no-net", metainfo]);
  if (!readFileSync(metainfo, "utf8").includes(`<release version="${version}"`)) faults.push(`the metainfo tells nothing of ${version}`);
  return faults;
}

/** The list of licences that the page carries; its crates are left out while Cargo.lock is not up to date. */
export function licenceFaults(list) {
  const names = new Set(list.packages.map(({ name }) => name));
  return ["tauri", "libp2p", "svelte", "Inter"].filter((name) => !names.has(name)).map((name) => `the list of licences lacks ${name}`);
}

export function inspectDeb(deb) {
  const listed = execFileSync("dpkg-deb", ["--contents", deb], { encoding: "utf8" });
  const faults = missing(listed);
  const folder = mkdtempSync(join(tmpdir(), "afterglow-deb-"));
  try {
    execFileSync("dpkg-deb", ["--extract", deb, folder]);
    const entry = join(folder, "usr/share/applications/Afterglow.desktop");
    return [...faults, ...validate("desktop-file-validate", ["--no-hints", entry]), ...entryFaults(readFileSync(entry, "utf8"))];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} listed as `dpkg-deb --contents` lists */
export function missing(listed) {
  const paths = listed.split("\n").map((line) => `/${line.trim().split(/\s+/).at(-1)?.replace(/^\.?\//, "")}`);
  return EXPECTED.filter((path) => !paths.includes(path)).map((path) => `the .deb lacks ${path}`);
}

export function entryFaults(entry) {
  const wanted = ["Exec=afterglow-app %U", "Icon=afterglow-app", "MimeType=x-scheme-handler/afterglow;image/jpeg;"];
  return wanted.filter((line) => !entry.split("\n").some((found) => found.startsWith(line))).map((line) => `the menu entry lacks ${line}`);
}

/** What it is linked with, and the C library it needs. */
export function inspectBox(box, command) {
  const listed = execFileSync("tar", ["--list", "--file", box], { encoding: "utf8" });
  const faults = ["bin/afterglow", "share/man/man1/afterglow.1.gz", "share/doc/afterglow/afterglow-box.service", "LICENSE-MIT"].filter((path) => !listed.includes(`/${path}\n`)).map((path) => `the archive lacks ${path}`);
  const dynamic = execFileSync("objdump", ["--private-headers", command], { encoding: "utf8" });
  return [...faults, ...strangers(dynamic), ...tooNew(dynamic)];
}

/** @param {string} headers as `objdump --private-headers` prints */
export function strangers(headers) {
  const needed = [...headers.matchAll(/NEEDED\s+(\S+)/g)].map((match) => match[1]);
  return needed.filter((name) => !LIBRARIES.includes(name) && !name.startsWith("ld-linux")).map((name) => `the command needs ${name}`);
}

/** @param {string} headers */
export function tooNew(headers) {
  const versions = [...headers.matchAll(/GLIBC_(\d+)\.(\d+)/g)].map((match) => [Number(match[1]), Number(match[2])]);
  const newer = versions.filter(([major, minor]) => major > GLIBC[0] || (major === GLIBC[0] && minor > GLIBC[1]));
  return [...new Set(newer.map((version) => `the command needs glibc ${version.join(".")}`))];
}

/** Nothing where the validator is not installed, which is said. */
function validate(program, words) {
  const { error, status, stdout, stderr } = spawnSync(program, words, { encoding: "utf8" });
  if (error) {
    console.log(`${program} is not installed: its check is left out`);
    return [];
  }
  return status === 0 ? [] : [`${program}: ${stdout}${stderr}`.trim()];
}
