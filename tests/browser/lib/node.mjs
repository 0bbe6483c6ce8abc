// A real node: the `afterglow` binary with its own data, and its owner's page.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { binary } from "../../../scripts/lib/cargo.mjs";
import { end, run, start } from "../../../scripts/lib/process.mjs";

const READY_MS = 30_000;
const GOODBYE_MS = 15_000;
const LOG_CHARACTERS = 20_000;
const SCENE_CHARACTERS = 2_000;

/** Members find each other by the invite's addresses on loopback; nothing is said to the network. */
const QUIETLY = ["--loopback", "--no-mdns"];

let program;

export class Node {
  #child;
  #log = "";

  /**
   * @param {string} folder everything of this node; made when it is not there
   * @param {import("./bubble.mjs").Bubble} [bubble] the network it is in; loopback without one
   */
  constructor(name, folder, bubble) {
    program ??= process.env.AFTERGLOW_BINARY ?? binary("afterglow");
    if (!existsSync(program)) throw new Error(`${program} is not there: build it with "cargo build --workspace --locked --bins"`);
    this.name = name;
    const network = bubble ? ["--no-mdns"] : QUIETLY;
    this.command = [...(bubble?.amongDevices ?? []), program, "--data-dir", join(folder, name), ...network, "--json"];
  }

  /** Starts the node; resolves with the address of its page, which opens it once. */
  async serve() {
    const page = process.env.AFTERGLOW_UI ? ["--ui", process.env.AFTERGLOW_UI] : [];
    const child = start([...this.command, "serve", "--port", "0", ...page], { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    child.stderr.on("data", (chunk) => {
      this.#log = (this.#log + chunk).slice(-LOG_CHARACTERS);
    });
    const { url } = await this.#ready(child);
    return url;
  }

  #ready(child) {
    return new Promise((resolve, reject) => {
      const settle = (done, value) => {
        clearTimeout(late);
        done(value);
      };
      const late = setTimeout(() => reject(new Error(`${this.name} was not ready in time\n${this.#log}`)), READY_MS);
      // Read to the end: the node prints its events, and must never wait for a reader.
      createInterface({ input: child.stdout }).on("line", (line) => {
        if (line.includes('"url"')) settle(resolve, JSON.parse(line));
      });
      child.once("error", (error) => settle(reject, error));
      child.once("exit", (code) => settle(reject, new Error(`${this.name} ended with code ${code}\n${this.#log}`)));
    });
  }

  /** A fresh address of the page of the running node. */
  async address() {
    return (await this.call("open")).url;
  }

  /** One command of the command line, said to the running node; resolves with the JSON it prints. */
  async call(...args) {
    const { code, output } = await run([...this.command, ...args], { quiet: true, minutes: 1 });
    if (code !== 0) throw new Error(`${this.name}: afterglow ${args.join(" ")}: ${output}`);
    const json = output.split("\n").findLast((line) => line.startsWith("{"));
    return json && JSON.parse(json);
  }

  /** What it said last. */
  scene() {
    return `${this.name}'s node said last:\n${this.#log.slice(-SCENE_CHARACTERS)}`;
  }

  /** Ends the node as a flat battery does. */
  kill() {
    return this.stop("SIGKILL");
  }

  /** Asks the node to end and waits until it has; resolves with how it ended. */
  async stop(signal = "SIGTERM") {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return { code: child?.exitCode ?? null, log: this.#log };
    const ended = new Promise((resolve) => child.once("close", (code, signal) => resolve({ code, signal })));
    const late = setTimeout(() => end(child, "SIGKILL"), GOODBYE_MS);
    end(child, signal);
    const how = await ended;
    clearTimeout(late);
    return { ...how, log: this.#log };
  }
}
