import assert from "node:assert/strict";
import { test } from "node:test";
import { EXPECTED, entryFaults, licenceFaults, missing, strangers, tooNew } from "../package/inspect.mjs";

const listed = (paths) => paths.map((path) => `-rw-r--r-- 0/0  5 2026-11-22 10:00 ${path.slice(1)}`).join("\n");

test("a package with everything lacks nothing", () => {
  assert.deepEqual(missing(listed(EXPECTED)), []);
});

test("what a package lacks is named", () => {
  const without = EXPECTED.filter((path) => path !== "/usr/bin/afterglow");
  assert.deepEqual(missing(listed(without)), ["the .deb lacks /usr/bin/afterglow"]);
});

test("a menu entry that opens no links is found", () => {
  const entry = "[Desktop Entry]\nExec=afterglow-app %U\nIcon=afterglow-app\n";
  assert.deepEqual(entryFaults(entry), ["the menu entry lacks MimeType=x-scheme-handler/afterglow;image/jpeg;"]);
});

test("a list of licences without the crates is found", () => {
  const list = (...names) => ({ packages: names.map((name) => ({ name })), texts: [] });
  assert.deepEqual(licenceFaults(list("Inter", "libp2p", "svelte", "tauri")), []);
  assert.deepEqual(licenceFaults(list("Inter", "svelte")), ["the list of licences lacks tauri", "the list of licences lacks libp2p"]);
});

test("a library that not every system has is found", () => {
  const headers = "  NEEDED               libssl.so.3\n  NEEDED               libc.so.6\n  NEEDED  ld-linux-x86-64.so.2\n";
  assert.deepEqual(strangers(headers), ["the command needs libssl.so.3"]);
});

test("a C library newer than Debian 12's is found", () => {
  assert.deepEqual(tooNew("0x06969191 0x00 05 GLIBC_2.36\n GLIBC_2.4"), []);
  assert.deepEqual(tooNew("GLIBC_2.39\nGLIBC_2.39\nGLIBC_2.34"), ["the command needs glibc 2.39"]);
});
