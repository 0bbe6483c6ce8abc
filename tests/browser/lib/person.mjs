// Somebody at the page: does what a person does, by the names a person reads, and notices what must not happen.

import assert from "node:assert/strict";

/** Arrivals, joins and redials are bounded by this; what a page does by itself is much quicker. */
export const PATIENCE_MS = Number(process.env.AFTERGLOW_PATIENCE_MS ?? 30_000);

export class Person {
  /** Errors, policy violations and dialogs of this person's pages. */
  complaints = [];

  static async at(name, node, context) {
    const person = new Person();
    Object.assign(person, { name, node, context });
    await context.addInitScript(watch);
    context.on("weberror", (error) => person.complaints.push(`uncaught: ${error.error().message}`));
    context.on("console", (message) => {
      if (message.type() === "error") person.complaints.push(`${message.text()} (${message.location().url})`);
    });
    context.on("dialog", (dialog) => {
      person.complaints.push(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    context.setDefaultTimeout(PATIENCE_MS);
    person.page = await context.newPage();
    return person;
  }

  /** Takes out what the browser itself says when the node refuses something; returns how often it was said. */
  forgive(status) {
    const said = this.complaints.filter((text) => text.includes(`responded with a status of ${status} `));
    this.complaints = this.complaints.filter((text) => !said.includes(text));
    return said.length;
  }

  button(name) {
    return this.page.getByRole("button", { name, exact: true });
  }

  link(name) {
    return this.page.getByRole("link", { name, exact: true });
  }

  heading(name) {
    return this.page.getByRole("heading", { name, exact: true });
  }

  /** A sheet or the open moment. */
  dialog(name) {
    return this.page.getByRole("dialog", { name });
  }

  /** First start. */
  async introduce(as = this.name) {
    await this.page.getByLabel("Name", { exact: true }).fill(as);
    await this.button("Continue").click();
    await this.heading("Everyone’s photos, on everyone’s device").waitFor();
  }

  /** From home to the empty timeline of a new group. */
  async startGroup(title) {
    await this.link("Start a group").click();
    await this.page.getByLabel("Group name").fill(title);
    await this.button("Start").click();
    await this.heading(title).waitFor();
  }

  /** Opens the invite and reads its link. */
  async invite() {
    await this.link("Invite").click();
    const link = this.dialog("Invite").getByLabel("Invite link");
    await this.until(link, async (field) => /^afterglow:\/\/join\//.test(await field.inputValue()), "the invite has a link");
    return link.inputValue();
  }

  /** From home into somebody's group. */
  async join(link, title) {
    await this.link("Join a group").click();
    await this.page.getByLabel("Invite link").fill(link);
    await this.heading(title).waitFor();
    await this.button("Join").click();
    await this.page.getByRole("heading", { name: title, level: 1 }).waitFor();
  }

  /** Adds files through the page's file input. */
  async add(...paths) {
    await this.page.getByLabel("Photos and clips to add").setInputFiles(paths);
  }

  /** Lets files fall onto the window, as a file manager does. */
  async drop(...files) {
    const given = files.map(({ path, bytes }) => ({ name: path.split("/").at(-1), base64: bytes.toString("base64") }));
    const carried = await this.page.evaluateHandle((given) => {
      const carried = new DataTransfer();
      for (const { name, base64 } of given) {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        carried.items.add(new File([bytes], name, { type: "image/jpeg" }));
      }
      return carried;
    }, given);
    await this.page.dispatchEvent("body", "dragenter", { dataTransfer: carried });
    await this.page.getByText(/^Drop to share with/).waitFor();
    await this.page.dispatchEvent("body", "dragover", { dataTransfer: carried });
    await this.page.dispatchEvent("body", "drop", { dataTransfer: carried });
  }

  /** The tiles of the timeline. */
  get tiles() {
    return this.page.locator("[data-moment]");
  }

  /** Waits until so many tiles show their picture; their ids, newest first. */
  async sees(count) {
    const shown = this.page.locator("[data-moment]:has(img.shown)");
    await this.until(shown, async (tiles) => (await tiles.count()) === count, () => `${this.name} sees ${count} moments with their pictures`);
    return shown.evaluateAll((tiles) => tiles.map((tile) => tile.dataset.moment));
  }

  tile(id) {
    return this.page.locator(`[data-moment="${id}"]`);
  }

  /** When this page first showed a moment's picture, milliseconds of the machine's clock. */
  shownAt(id) {
    return this.page.evaluate((id) => window.firstShown[id], id);
  }

  /** When this page last took files from its person. */
  tookFilesAt() {
    return this.page.evaluate(() => window.tookFiles);
  }

  /** Closes whatever lies over the timeline. */
  async closeSheet() {
    await this.page.keyboard.press("Escape");
    await this.page.locator("dialog[open]").waitFor({ state: "detached" });
  }

  /** One request over this page's own session: to make a world quickly, never to prove anything. */
  async call(name, args) {
    await this.page.waitForFunction(() => sessionStorage.getItem("afterglow-session"));
    return this.page.evaluate(
      async ([name, args]) => {
        const session = sessionStorage.getItem("afterglow-session");
        const headers = { "content-type": "application/json" };
        const reply = await fetch(`/${session}/call`, { method: "POST", headers, body: JSON.stringify({ call: name, args }) });
        if (!reply.ok) throw new Error(`${name}: ${await reply.text()}`);
        return reply.json();
      },
      [name, args],
    );
  }

  /** Waits until something holds of what a locator finds. */
  async until(locator, holds, what, within = PATIENCE_MS) {
    const end = performance.now() + within;
    while (!(await holds(locator).catch(() => false))) {
      const said = typeof what === "function" ? what() : what;
      if (performance.now() > end) assert.fail(`not within ${within} ms: ${said}\n${await this.scene()}`);
      await this.page.evaluate(() => new Promise((next) => requestAnimationFrame(next)));
    }
  }

  /** What stands on the page, where it is, and what it complained of. */
  async scene() {
    const text = await this.page.locator("body").innerText({ timeout: 2_000 }).catch((error) => error.message);
    const disabled = await this.page.locator("dialog button:disabled").evaluateAll((all) => all.map((one) => one.ariaLabel ?? one.innerText)).catch(() => []);
    return [
      `${this.name} is at ${new URL(this.page.url()).hash.split("?")[0]}, whose page says:`,
      text,
      `disabled: ${disabled.join(", ") || "nothing"}`,
      ...this.complaints,
    ].join("\n");
  }
}

/** Runs in every page before its own scripts. */
function watch() {
  window.firstShown = {};
  window.tookFiles = 0;
  addEventListener("securitypolicyviolation", (event) => console.error(`policy violated: ${event.violatedDirective} by ${event.blockedURI}`));
  // On its way down: it neither bubbles nor reaches the window.
  document.addEventListener(
    "load",
    (event) => {
      const id = event.target.closest?.("[data-moment]")?.dataset.moment;
      if (id) window.firstShown[id] ??= Date.now();
    },
    true,
  );
  addEventListener("change", (event) => event.target.files?.length && (window.tookFiles = Date.now()), true);
  addEventListener("drop", () => (window.tookFiles = Date.now()), true);
}
