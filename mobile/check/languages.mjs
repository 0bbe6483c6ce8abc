// Swift and XML: whether they can be parsed.

import { join } from "node:path";
import { root } from "../../scripts/lib/cargo.mjs";
import { run } from "../../scripts/lib/process.mjs";
import { android, files } from "./kotlin.mjs";
import { here } from "./lib.mjs";
import { python } from "./tools.mjs";

const ios = join(here, "../ios");

export function swift({ folder = ios, quiet = false } = {}) {
  return run([python(), join(here, "swift.py"), ...files(folder, ".swift")], { minutes: 2, quiet });
}

/** The manifest, the resources and the property list. */
export function xml({ folder = android, quiet = false } = {}) {
  const parse = "import sys, xml.dom.minidom as xml\nfor path in sys.argv[1:]: xml.parse(path)\nprint(len(sys.argv) - 1, 'files')";
  const found = files(folder, ".xml").filter((path) => !path.includes(".tauri"));
  return run([python(), "-c", parse, ...found, join(root, "src-tauri/Info.ios.plist")], { minutes: 1, quiet });
}
