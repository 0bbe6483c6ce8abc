// What every test stands on: one Chromium, real nodes, and people who look at their pages. Ends all of it, whatever happens.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { Node } from "./node.mjs";
import { Person } from "./person.mjs";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--autoplay-policy=no-user-gesture-required",
  // Chromium's own moving test picture instead of a camera.
  "--use-fake-device-for-media-stream",
];

export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

export class Stage {
  static #open = new Set();
  #nodes = [];
  #people = [];

  /** What stands on every page now, and what the nodes said last: why a test failed is seldom in its last line. */
  static scenes() {
    return Promise.all([...Stage.#open].flatMap((stage) => [...stage.#people.map((person) => person.scene()), ...stage.#nodes.map((node) => node.scene())]));
  }

  /**
   * Starts Chromium with an empty profile, which Playwright makes and removes.
   * @param {import("./bubble.mjs").Bubble | null} [bubble] a network of its own, with the browser among the phones
   * @param {string[]} [flags] what this Chromium is told besides
   */
  static async open(bubble, flags = []) {
    const stage = new Stage();
    Stage.#open.add(stage);
    stage.bubble = bubble;
    stage.folder = mkdtempSync(join(tmpdir(), "afterglow-browser-"));
    const executablePath = bubble?.phonesRunning(CHROMIUM, stage.folder) ?? CHROMIUM;
    stage.browser = await chromium.launch({ executablePath, args: [...FLAGS, ...flags] });
    return stage;
  }

  /** Somebody with a node of their own, at its page. */
  async enter(name, options = {}) {
    const { node, url } = await this.node(name);
    const person = await this.#person(name, node, options);
    await person.page.goto(url);
    return person;
  }

  /** A running node. */
  async node(name) {
    const node = new Node(name, this.folder, this.bubble);
    this.#nodes.push(node);
    return { node, url: await node.serve() };
  }

  /** Somebody at the page of a node that runs already. */
  async visit(node, options = {}) {
    const person = await this.#person(node.name, node, options);
    await person.page.goto(await node.address());
    return person;
  }

  async #person(name, node, { viewport = DESKTOP, ...options }) {
    const context = await this.browser.newContext({
      viewport,
      locale: "en-GB",
      timezoneId: "Europe/Berlin",
      colorScheme: "dark",
      permissions: ["clipboard-read", "clipboard-write"],
      ...options,
    });
    const person = await Person.at(name, node, context);
    this.#people.push(person);
    return person;
  }

  /** What nobody may ever see in a browser's console, of everybody who was here. */
  complaints() {
    return this.#people.flatMap((person) => person.complaints.map((text) => `${person.name}: ${text}`));
  }

  /** Ends everything that was started here. */
  async close() {
    Stage.#open.delete(this);
    await this.browser?.close();
    await Promise.all(this.#nodes.map((node) => node.stop()));
    this.bubble?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
