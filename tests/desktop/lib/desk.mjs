// A desk with windows on it: one invisible display, and any number of apps, each with a data directory of its own.

import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { binary } from "../../../scripts/lib/cargo.mjs";
import { Session, until } from "./webdriver.mjs";

const ARTIFACTS = fileURLToPath(new URL("../artifacts/", import.meta.url));
const SCREEN = "2600x900x24";
/** WebKit's own small browser: of what runs here it is nearest to an iPhone's. */
const BROWSERS = ["webkit2gtk-4.1", "webkit2gtk-4.0"].flatMap((name) => [`/usr/lib/x86_64-linux-gnu/${name}/MiniBrowser`, `/usr/lib/aarch64-linux-gnu/${name}/MiniBrowser`, `/usr/libexec/${name}/MiniBrowser`]);

export class Desk {
  #root = mkdtempSync(join(tmpdir(), "afterglow-desk-"));
  #children = [];
  #display;

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

  /** Opens the app for one person; a second one for the same person shares the data directory. */
  async open(person, { as = person, args = [] } = {}) {
    const all = ["--data-dir", this.path(`${person}-data`), "--loopback", "--no-mdns", ...args];
    return this.#drive(person, as, binary("afterglow-app"), all);
  }

  /** Opens a page in WebKit's small browser; nothing where there is none. */
  async browse(person, url) {
    const browser = BROWSERS.find((path) => existsSync(path));
    if (browser === undefined) return null;
    const session = await this.#drive(person, person, browser, ["--automation"]);
    await session.visit(url);
    return session;
  }

  /** Starts a driver with an environment of its own, and takes control of a program's window. */
  async #drive(person, as, program, args) {
    const home = this.path(as);
    for (const folder of [home, join(home, "run"), this.path(`${person}-data`)]) mkdirSync(folder, { recursive: true, mode: 0o700 });
    const port = await freePort();
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
    this.#start("WebKitWebDriver", [`--port=${port}`], env, `${as}.log`);
    await until("answer of the driver", () => reaches(port));
    return Session.start(port, program, args);
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

async function reaches(port) {
  const answer = await fetch(`http://127.0.0.1:${port}/status`);
  return (await answer.json()).value.ready;
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
