// A client for the W3C WebDriver protocol, as far as these tests need it. Elements are found by the name that a screen
// reader would say: what a person cannot find, a test does not find either.

import http from "node:http";

const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

/** Every command is answered within this, or the window hangs. */
const COMMAND_MS = 30_000;
const POLL_MS = 50;

/** Runs in the page: the first visible control, heading or picture with this role and name. */
const NAMED = `
  const [role, name] = arguments;
  const kinds = {
    button: "button, [role=button]",
    link: "a[href]",
    field: "input, textarea",
    heading: "h1, h2, h3",
    image: "img, [role=img]",
  };
  const said = (element) =>
    element.getAttribute("aria-label") ?? element.getAttribute("alt") ?? element.labels?.[0]?.textContent ?? element.textContent;
  const shown = (element) => element.type === "file" || element.getClientRects().length > 0;
  const all = [...document.querySelectorAll(kinds[role])].filter(shown);
  return all.find((element) => said(element).replace(/\\s+/g, " ").trim() === name) ?? null;
`;

export class Session {
  #port;
  #path;

  constructor(port, id) {
    this.#port = port;
    this.#path = `/session/${id}`;
  }

  /** Starts the program and takes control of its window. */
  static async start(port, binary, args) {
    const options = { binary, args };
    const capabilities = { alwaysMatch: { "webkitgtk:browserOptions": options, strictFileInteractability: false } };
    const { sessionId } = await send(port, "POST", "/session", { capabilities });
    return new Session(port, sessionId);
  }

  visit(url) {
    return this.#send("POST", "/url", { url });
  }

  /** The element with this role and name, once it is there and, if it can be switched off, on. */
  named(role, name, ms) {
    const enabled = (element) => this.#send("GET", `/element/${element}/enabled`);
    return until(`${role} "${name}"`, async () => {
      const element = (await this.script(NAMED, role, name))?.[ELEMENT];
      return element && (await enabled(element)) ? element : null;
    }, ms);
  }

  async click(role, name) {
    await this.#send("POST", `/element/${await this.named(role, name)}/click`, {});
  }

  /** Replaces what stands in a field. */
  async fill(name, text) {
    const field = await this.named("field", name);
    await this.#send("POST", `/element/${field}/clear`, {});
    await this.#send("POST", `/element/${field}/value`, { text });
  }

  /** Gives a file input the path of a file, as a person does in the system's dialog. */
  async choose(name, path) {
    await this.#send("POST", `/element/${await this.named("field", name)}/value`, { text: path });
  }

  async valueOf(name) {
    const field = await this.named("field", name);
    return until(`a value in "${name}"`, () => this.#send("GET", `/element/${field}/property/value`));
  }

  script(source, ...args) {
    return this.#send("POST", "/execute/sync", { script: source, args });
  }

  /** A picture of the window as it is drawn: a frame asked for at once may be an old one. */
  async screenshot() {
    const frames = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done(true)));";
    await this.#send("POST", "/execute/async", { script: frames, args: [] });
    return Buffer.from(await this.#send("GET", "/screenshot"), "base64");
  }

  /** Closes the window; the program ends with it. */
  quit() {
    return this.#send("DELETE", "");
  }

  #send(method, path, body) {
    return send(this.#port, method, this.#path + path, body);
  }
}

/** Asks again until there is an answer, or the time is over. */
export async function until(what, ask, ms = 20_000) {
  const end = Date.now() + ms;
  let last;
  for (;;) {
    try {
      const answer = await ask();
      if (answer) return answer;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`there was no ${what} within ${ms / 1000} s`, { cause: last });
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Asks a driver, at a port of this machine or through a socket in the file system. */
export function send(way, method, path, body) {
  const text = body === undefined ? "" : JSON.stringify(body);
  const at = typeof way === "string" ? { socketPath: way } : { host: "127.0.0.1", port: way };
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
  return new Promise((resolve, reject) => {
    const request = http.request({ ...at, method, path, headers, timeout: COMMAND_MS }, (response) => {
      let answer = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => (answer += chunk));
      response.on("end", () => {
        const { value } = JSON.parse(answer);
        if (value?.error) reject(new Error(`${method} ${path}: ${value.error}: ${value.message}`));
        else resolve(value);
      });
    });
    request.on("timeout", () => request.destroy(new Error(`${method} ${path}: no answer`)));
    request.on("error", reject);
    request.end(text);
  });
}
