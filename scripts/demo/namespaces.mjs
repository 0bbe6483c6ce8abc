// An emulated Wi-Fi with one network namespace for each device, and a way for this machine's browser into each.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { binary, root } from "../lib/cargo.mjs";
import { end, foreground, start } from "../lib/process.mjs";

const WIFI_MBIT = 100;

/** Why this machine cannot give each device a network of its own; nothing when it can. */
export function obstacle() {
  if (process.platform !== "linux") return "an emulated Wi-Fi needs Linux";
  if (process.getuid() !== 0) return "an emulated Wi-Fi needs root";
  if (!existsSync("/dev/net/tun")) return "an emulated Wi-Fi needs /dev/net/tun";
  if (spawnSync("ip", ["netns", "list"], { stdio: "ignore" }).status !== 0) return "an emulated Wi-Fi needs iproute2";
  return undefined;
}

/** @returns {Promise<Place[]>} */
export async function namespaces(count) {
  const built = await foreground(["cargo", "build", "-p", "lanbox", "--locked", "--bins"], { cwd: root });
  if (built !== 0) process.exit(built);
  const lan = start([binary("lanbox"), "up", "--hosts", String(count), "--shared", String(WIFI_MBIT)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const line = await new Promise((resolve, reject) => {
    createInterface({ input: lan.stdout }).once("line", resolve);
    lan.once("exit", () => reject(new Error("the emulated network did not start")));
  });
  const folder = mkdtempSync(join(tmpdir(), "afterglow-demo-"));
  const places = JSON.parse(line).hosts.map(({ namespace }, index) => new Place(namespace, join(folder, `${index}.sock`)));
  places[0].onClose = () => {
    end(lan);
    rmSync(folder, { recursive: true, force: true });
  };
  return places;
}

/** One namespace. */
class Place {
  onClose = () => {};

  constructor(namespace, socket) {
    this.enter = ["ip", "netns", "exec", namespace];
    this.socket = socket;
  }

  /**
   * Lets this machine's browser reach a port on the namespace's loopback, under the same number: a socket in the file
   * system crosses namespaces where no packet does.
   */
  async openPort(port) {
    const relay = fileURLToPath(new URL("relay.mjs", import.meta.url));
    this.relay = start([...this.enter, process.execPath, relay, this.socket, String(port)], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) => this.relay.stdout.once("data", resolve));
    this.server = createServer((outside) => {
      const inside = createConnection(this.socket);
      outside.pipe(inside).pipe(outside);
      for (const side of [outside, inside]) side.on("error", () => (outside.destroy(), inside.destroy()));
    });
    await new Promise((resolve, reject) => this.server.once("error", reject).listen(port, "127.0.0.1", resolve));
  }

  close() {
    this.server?.close();
    if (this.relay) end(this.relay);
    this.onClose();
  }
}
