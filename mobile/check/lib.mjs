// Where the checks are.

import { fileURLToPath } from "node:url";

export const here = fileURLToPath(new URL(".", import.meta.url)).replace(/\/$/, "");
