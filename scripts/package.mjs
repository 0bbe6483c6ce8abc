// npm run package: what people install, in dist/packages.
//
//   Afterglow_VERSION_ARCH.deb            the app and the command, with menu entry, metainfo, manual and completions
//   afterglow-VERSION-ARCH-linux.tar.gz   the command alone: for a box without a display
//   SHA256SUMS
//
//   -- --no-build     takes the release that is built already
//
// It ends by looking at what it has made: what is in it, that the menu entry and the metainfo are valid, and which C library
// the command needs.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { binary, root, SELECTION, targetDirectory } from "./lib/cargo.mjs";
import { install } from "./lib/debian.mjs";
import { run } from "./lib/process.mjs";
import { bold, fail, say } from "./lib/terminal.mjs";
import { inspectBox, inspectDeb, inspectTexts, licenceFaults } from "./package/inspect.mjs";

const { version } = JSON.parse(readFileSync(join(root, "src-tauri/tauri.conf.json"), "utf8"));
const out = join(root, "dist/packages");
const work = join(targetDirectory(), "package");
const SHELLS = { bash: "bash-completion/completions/afterglow", zsh: "zsh/vendor-completions/_afterglow", fish: "fish/vendor_completions.d/afterglow.fish" };

if (process.platform !== "linux") fail("Packages are made on Linux. On other systems: npm run build.");
rmSync(out, { recursive: true, force: true });
rmSync(work, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
mkdirSync(work, { recursive: true });

if (!process.argv.includes("--no-build")) {
  await must(["bash", "scripts/setup.sh", "app"]);
  await must(["npm", "run", "--silent", "build", "-w", "ui"]);
  await must(["cargo", "build", ...SELECTION, "--release", "--bins"]);
}
// Without them the packages are made all the same, and less is looked at.
const unchecked = install(["appstream", "desktop-file-utils"]);
if (unchecked) say(unchecked);
const command = strippedCommand();
const share = makeShare();
const deb = await makeDeb();
const box = makeBox();
writeFileSync(join(out, "SHA256SUMS"), readdirSync(out).sort().map((name) => `${sha256(join(out, name))}  ${name}\n`).join(""));

const licences = JSON.parse(readFileSync(join(root, "ui/dist/licences.json"), "utf8"));
const faults = [...inspectTexts(share, version), ...licenceFaults(licences), ...inspectDeb(deb, share), ...inspectBox(box, command)];
for (const name of readdirSync(out)) say(`${bold("dist/packages/")}${name}`);
say("No AppImage: its maker, linuxdeploy, is no package of any registry; Tauri downloads it while bundling. With it at hand: npx tauri bundle --bundles appimage");
if (faults.length > 0) fail(faults.join("\n"));
say("Everything that was looked at is as it should be.");

/** The command without its symbols; those of the app stay, for reports of crashes. */
function strippedCommand() {
  const stripped = join(work, "afterglow");
  cpSync(binary("afterglow", { release: true }), stripped);
  execFileSync("strip", ["--strip-all", stripped]);
  return stripped;
}

/** What lies under /usr/share, made by the command itself where it can. */
function makeShare() {
  const folder = join(work, "share");
  mkdirSync(join(folder, "man/man1"), { recursive: true });
  execFileSync(command, ["man", join(folder, "man/man1")]);
  for (const page of readdirSync(join(folder, "man/man1"))) execFileSync("gzip", ["-9n", join(folder, "man/man1", page)]);
  for (const [shell, place] of Object.entries(SHELLS)) {
    mkdirSync(join(folder, place, ".."), { recursive: true });
    writeFileSync(join(folder, place), execFileSync(command, ["completions", shell]));
  }
  mkdirSync(join(folder, "metainfo"));
  cpSync(join(root, "packaging/linux/app.afterglow.Afterglow.metainfo.xml"), join(folder, "metainfo/app.afterglow.Afterglow.metainfo.xml"));
  const doc = join(folder, "doc/afterglow");
  mkdirSync(doc, { recursive: true });
  cpSync(join(root, "packaging/linux/copyright"), join(doc, "copyright"));
  cpSync(join(root, "CHANGELOG.md"), join(doc, "changelog"));
  execFileSync("gzip", ["-9n", join(doc, "changelog")]);
  const icons = join(folder, "icons/hicolor/scalable/apps");
  mkdirSync(icons, { recursive: true });
  cpSync(join(root, "src-tauri/icons/icon.svg"), join(icons, "afterglow-app.svg"));
  return folder;
}

async function makeDeb() {
  const shared = readdirSync(share, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = Object.fromEntries(
    shared.map((entry) => {
      const path = join(entry.parentPath ?? entry.path, entry.name);
      return [`/usr/share/${path.slice(share.length + 1)}`, path];
    }),
  );
  const config = { bundle: { linux: { deb: { desktopTemplate: join(root, "packaging/linux/afterglow.desktop"), files: { "/usr/bin/afterglow": command, ...files } } } } };
  const path = join(work, "deb.json");
  writeFileSync(path, JSON.stringify(config));
  await must(["npx", "--no-install", "tauri", "bundle", "--bundles", "deb", "--config", path]);
  const folder = join(targetDirectory(), "release/bundle/deb");
  const made = readdirSync(folder).find((name) => name.endsWith(".deb") && name.includes(`_${version}_`));
  if (!made) fail(`no .deb of ${version} in ${folder}`);
  cpSync(join(folder, made), join(out, made));
  return join(out, made);
}

function makeBox() {
  const name = `afterglow-${version}-${process.arch === "x64" ? "x86_64" : process.arch}-linux`;
  const folder = join(work, name);
  mkdirSync(join(folder, "bin"), { recursive: true });
  cpSync(command, join(folder, "bin/afterglow"));
  for (const part of ["man", "bash-completion", "zsh", "fish"]) cpSync(join(share, part), join(folder, "share", part), { recursive: true });
  // What `box install` writes, to read before it is run, or to put into an image.
  const example = join(work, "example");
  execFileSync(command, ["box", "install", "--root", example, "--group", "Our event"]);
  mkdirSync(join(folder, "share/doc/afterglow"), { recursive: true });
  for (const file of ["etc/systemd/system/afterglow-box.service", "etc/afterglow/box.toml"]) cpSync(join(example, file), join(folder, "share/doc/afterglow", file.split("/").at(-1)));
  for (const text of ["LICENSE", "LICENSE-APACHE", "LICENSE-MIT", "packaging/README.md"]) cpSync(join(root, text), join(folder, text.split("/").at(-1)));
  const made = join(out, `${name}.tar.gz`);
  execFileSync("tar", ["--create", "--gzip", "--file", made, "--directory", work, "--sort=name", "--owner=0", "--group=0", "--numeric-owner", name]);
  return made;
}

async function must(command) {
  say(bold(command.slice(0, 5).join(" ")));
  const { code } = await run(command, { cwd: root });
  if (code !== 0) process.exit(code);
}

function sha256(path) {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}
