// A small network of its own: the devices of a group on one side of a cable, phones on the other. A page that comes from there
// is a page on plain http as a guest gets it: Chromium holds loopback for a safe place, and no other address.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const DEVICES = "10.77.0.1";
const PHONES = "10.77.0.2";

export class Bubble {
  #names = [];

  /** Makes the network; nothing where this machine does not let it. */
  static make() {
    if (process.platform !== "linux" || process.getuid() !== 0) return null;
    const bubble = new Bubble();
    const mark = `${process.pid}`.slice(-6);
    const [devices, phones] = [`ag-devices-${mark}`, `ag-phones-${mark}`];
    const cable = [`agd${mark}`, `agp${mark}`];
    const steps = [
      ["netns", "add", devices],
      ["netns", "add", phones],
      ["link", "add", cable[0], "netns", devices, "type", "veth", "peer", "name", cable[1], "netns", phones],
      ...[[devices, cable[0], DEVICES], [phones, cable[1], PHONES]].flatMap(([name, end, address]) => [
        ["-n", name, "link", "set", "lo", "up"],
        ["-n", name, "address", "add", `${address}/24`, "dev", end],
        ["-n", name, "link", "set", end, "up"],
        ["-n", name, "route", "add", "default", "dev", end],
      ]),
    ];
    bubble.#names = [devices, phones];
    if (steps.every((step) => spawnSync("ip", step, { stdio: "ignore" }).status === 0)) return Object.assign(bubble, { devices, phones, address: DEVICES });
    bubble.close();
    return null;
  }

  /** A program that runs another one among the phones, for whoever takes nothing but a path. */
  phonesRunning(program, folder) {
    const path = join(folder, "among-phones");
    writeFileSync(path, `#!/bin/sh\nexec ${this.amongPhones.join(" ")} ${program} "$@"\n`, { mode: 0o755 });
    return path;
  }

  /** Words to put before a command that runs among the phones. */
  get amongPhones() {
    return ["ip", "netns", "exec", this.phones];
  }

  /** Words to put before a command that runs among the devices. */
  get amongDevices() {
    return ["ip", "netns", "exec", this.devices];
  }

  close() {
    for (const name of this.#names) spawnSync("ip", ["netns", "del", name], { stdio: "ignore" });
  }
}
