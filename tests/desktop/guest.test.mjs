// A guest's page in WebKit, which of the engines that run here is nearest to an iPhone's: in by the link, a photo out of it.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Bubble } from "../browser/lib/bubble.mjs";
import { Node } from "../browser/lib/node.mjs";
import { Desk } from "./lib/desk.mjs";
import { takePhoto } from "./lib/photo.mjs";
import { until } from "./lib/webdriver.mjs";

const TITLE = "Lena & Jonas";
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

let desk;
let bubble;
let node;
let group;
let link;

before(async () => {
  desk = await Desk.set();
  bubble = Bubble.make();
  node = new Node("alice", desk.path("node"), bubble);
  await node.serve();
  await node.call("profile", "--name", "Alice");
  group = await node.call("group", "create", TITLE);
  await node.call("guests", "open", "--group", group.id);
  link = await until("address of the door", async () => {
    const { door } = await node.call("guests", "list", "--group", group.id);
    return door?.urls.find((url) => url.startsWith(`http://${bubble?.address ?? "127.0.0.1"}:`));
  });
});

after(async () => {
  await node?.stop();
  await desk?.clear();
  bubble?.close();
});

test("a guest comes in and shares a photo in WebKit", async (t) => {
  const frida = await desk.browse("frida", link, bubble?.amongPhones);
  if (frida === null) return t.skip("there is no MiniBrowser on this machine");
  if (bubble) assert.equal(await frida.script("return isSecureContext"), false, "what a browser gives to plain http, and no more");
  else t.diagnostic("no namespaces here: over loopback, which browsers trust more than a network");
  await frida.fill("Your name", "Frida");
  await frida.click("button", "See the photos");
  await frida.named("heading", TITLE);
  const path = desk.path("IMG_0001.jpg");
  const photo = takePhoto(path);
  await frida.choose("From the gallery", path);
  await until("word that it is shared", () => frida.script("return document.body.innerText.includes('Everything is shared')"));
  await until("its picture", () => frida.script("return document.querySelector('[data-moment] img.shown') !== null"));
  await desk.keep(frida, "guest-in-webkit");
  const folder = desk.path("taken-home");
  await node.call("export", folder, "--group", group.id);
  const files = readdirSync(folder, { recursive: true }).map(String).filter((name) => /\.jpe?g$/i.test(name));
  assert.deepEqual(files.map((name) => sha256(readFileSync(join(folder, name)))), [sha256(photo)], "as the camera wrote it");
});
