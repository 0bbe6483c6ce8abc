// One device of the demo: a real node with its own data, driven by the same command that people use.

import { createWriteStream, mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { end, run, start } from "../lib/process.mjs";

const READY_MS = 30_000;

export class Device {
  /** @param {string} program the `afterglow` binary */
  constructor(program, { name, paint, folder, place }) {
    this.name = name;
    this.paint = paint;
    this.place = place;
    this.folder = join(folder, name.toLowerCase());
    this.log = join(this.folder, "demo.log");
    this.command = [...(place?.enter ?? []), program, "--data-dir", join(this.folder, "data"), "--json"];
  }

  /** Starts the node and waits for the address of its page. */
  async serve() {
    mkdirSync(this.folder, { recursive: true });
    this.node = start([...this.command, "serve", "--port", "0"], { stdio: ["ignore", "pipe", "pipe"] });
    this.node.stderr.pipe(createWriteStream(this.log));
    const { url } = await this.#ready();
    this.url = url;
    await this.place?.openPort(Number(new URL(url).port));
  }

  #ready() {
    const lines = createInterface({ input: this.node.stdout });
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${this.name} did not start; its log is ${this.log}`)), READY_MS);
      const settle = (done, value) => {
        clearTimeout(late);
        done(value);
      };
      lines.on("line", (line) => line.includes('"url"') && settle(resolve, JSON.parse(line)));
      this.node.once("error", (error) => settle(reject, error));
      this.node.once("exit", (code) => settle(reject, new Error(`${this.name} ended with code ${code}; its log is ${this.log}`)));
    });
  }

  /** One command of the command line; resolves with what it prints as JSON, if it prints any. */
  async call(...args) {
    const { code, output } = await run([...this.command, ...args], { quiet: true, minutes: 1 });
    if (code !== 0) throw new Error(`${this.name}: afterglow ${args[0]}: ${output.trim()}`);
    const json = output.split("\n").findLast((line) => line.startsWith("{"));
    return json ? JSON.parse(json) : undefined;
  }

  /** The newest page of the timeline. */
  async moments() {
    return (await this.call("timeline"))?.moments ?? [];
  }

  /** The ids on that page. */
  async seen() {
    return new Set((await this.moments()).map((moment) => moment.id));
  }

  stop() {
    this.place?.close();
    if (this.node) end(this.node);
  }
}
