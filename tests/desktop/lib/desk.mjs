// A desk with windows on it: one invisible display, and any number of apps, each with a data directory of its own.

import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { binary } from "../../../scripts/lib/cargo.mjs";
import { Bus } from "./bus.mjs";
import { Session, send, until } from "./webdriver.mjs";

const ARTIFACTS = fileURLToPath(new URL("../artifacts/", import.meta.url));
const RELAY = fileURLToPath(new URL("../../../scripts/demo/relay.mjs", import.meta.url));
const SCREEN = "2600x900x24";
/** WebKit's own small browser: of what runs here it is nearest to an iPhone's. */
const BROWSERS = ["x86_64", "aarch64"].map((machine) => `/usr/lib/${machine}-linux-gnu/webkit2gtk-4.1/MiniBrowser`);

export class Desk {
  #root = mkdtempSync(join(tmpdir(), "afterglow-desk-"));
  #children = [];
  #display;
  #busAddress;

  static async set() {
    mkdirSync(ARTIFACTS, { recursive: true });
    const desk = new Desk();
    desk.#display = await desk.#startDisplay();
    return desk;
  }

  /** Where a test may put files. */
  path(name) {
    return join(this.#root, name);
  }

  read(name) {
    return readFileSync(this.path(name));
  }

  /** A window manager: without one no window ever loses the focus to another. */
  manageWindows() {
    const home = this.path("windows");
    mkdirSync(home, { mode: 0o700 });
    this.#start("openbox", [], { ...process.env, DISPLAY: this.#display, HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home }, "openbox.log");
  }

  /** A session bus, on which those who are alone on their desktop are from then on. */
  async bus() {
    const named = this.path("bus");
    const child = this.#start("dbus-daemon", ["--session", "--nofork", "--nopidfile", "--print-address=3"], process.env, "dbus.log", openSync(named, "w"));
    this.#busAddress = await until("bus", () => {
      if (child.exitCode !== null) throw new Error(`dbus-daemon ended with ${child.exitCode}`);
      return /^\S+\n/.exec(readFileSync(named, "utf8"))?.[0].trim();
    });
    return Bus.at(this.#busAddress);
  }

  /**
   * Opens the app for one person; a second one for the same person shares the data directory. Who is alone has the app as it
   * is installed: with the system's place for data, and on the desktop's bus.
   */
  async open(person, { as = person, args = [], alone = false } = {}) {
    mkdirSync(this.path(`${person}-data`), { recursive: true, mode: 0o700 });
    const data = alone ? [] : ["--data-dir", this.path(`${person}-data`)];
    return this.#drive(as, this.#environment(as, alone), binary("afterglow-app"), [...data, "--loopback", "--no-mdns", ...args]);
  }

  /**
   * Opens a page in WebKit's small browser; nothing where there is none.
   * @param {string[]} [enter] words to put before a command, so that it runs in another network
   */
  async browse(person, url, enter = []) {
    const browser = BROWSERS.find((path) => existsSync(path));
    if (browser === undefined) return null;
    const session = await this.#drive(person, this.#environment(person, false), browser, ["--automation"], enter);
    await session.visit(url);
    return session;
  }

  /** Starts a driver, and takes control of a program's window. */
  async #drive(as, env, program, args, enter = []) {
    const port = await freePort();
    const [first, ...rest] = [...enter, "WebKitWebDriver", `--port=${port}`];
    this.#start(first, rest, env, `${as}.log`);
    const way = enter.length > 0 ? this.#relay(as, env, enter, port) : port;
    await until("answer of the driver", () => reaches(way));
    return Session.start(way, program, args);
  }

  /** A socket in the file system, which crosses networks where no packet does. */
  #relay(as, env, enter, port) {
    const socket = this.path(`${as}.sock`);
    const [first, ...rest] = [...enter, process.execPath, RELAY, socket, `${port}`];
    this.#start(first, rest, env, `${as}-relay.log`);
    return socket;
  }

  /** Starts the app once more for somebody who is alone. Answers how it ended. */
  again(person, args) {
    const child = this.#start(binary("afterglow-app"), args, this.#environment(person, true), `${person}-again.log`);
    return until("end of the second start", () => child.exitCode !== null && { code: child.exitCode }).then(({ code }) => code);
  }

  #environment(as, alone) {
    const home = this.path(as);
    for (const folder of [home, join(home, "run")]) mkdirSync(folder, { recursive: true, mode: 0o700 });
    const env = {
      ...process.env,
      DISPLAY: this.#display,
      HOME: home,
      LANG: "C.UTF-8",
      LANGUAGE: "en",
      XDG_RUNTIME_DIR: join(home, "run"),
      XDG_CONFIG_HOME: join(home, "config"),
      XDG_DATA_HOME: join(home, "share"),
      XDG_CACHE_HOME: join(home, "cache"),
      NO_AT_BRIDGE: "1",
      GDK_BACKEND: "x11",
      TAURI_WEBVIEW_AUTOMATION: "true",
      AFTERGLOW_MOCK_CAMERA: "1",
    };
    // The bus of whoever runs the tests has nothing to do with them.
    delete env.DBUS_SESSION_BUS_ADDRESS;
    delete env.WAYLAND_DISPLAY;
    if (alone) env.DBUS_SESSION_BUS_ADDRESS = this.#busAddress;
    return env;
  }

  /** Keeps a picture of a window for whoever looks at the result. */
  async keep(session, name) {
    writeFileSync(join(ARTIFACTS, `${name}.png`), await session.screenshot());
  }

  /** Ends what was started here, and only that. */
  async clear() {
    for (const child of this.#children.reverse()) {
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        // It has ended already.
      }
    }
    rmSync(this.#root, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Lets the display choose a free number and say which. */
  async #startDisplay() {
    const named = this.path("display");
    const child = this.#start("Xvfb", ["-displayfd", "3", "-screen", "0", SCREEN, "-nolisten", "tcp"], process.env, "xvfb.log", openSync(named, "w"));
    const number = await until("display", () => {
      if (child.exitCode !== null) throw new Error(`Xvfb ended with ${child.exitCode}`);
      return /^\d+\n/.exec(readFileSync(named, "utf8"))?.[0].trim();
    });
    return `:${number}`;
  }

  /** In a process group of its own, so that whatever it starts ends with it. */
  #start(program, args, env, log, extra) {
    const output = openSync(join(ARTIFACTS, log), "w");
    const stdio = ["ignore", output, output, ...(extra === undefined ? [] : [extra])];
    const child = spawn(program, args, { env, stdio, detached: true });
    child.on("error", (error) => console.error(`${program}: ${error.message}`));
    if (child.pid) this.#children.push(child);
    return child;
  }
}

async function reaches(way) {
  return (await send(way, "GET", "/status")).ready;
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
