// Packages of Debian and its relatives that a command needs beyond scripts/setup.sh.

import { spawnSync } from "node:child_process";

/** Installs packages that are missing; says why when it cannot. */
export function install(packages) {
  const missing = packages.filter((name) => !isInstalled(name));
  if (missing.length === 0) return undefined;
  const wanted = `apt-get install --no-install-recommends ${missing.join(" ")}`;
  if (spawnSync("apt-get", ["--version"]).status !== 0) return `${missing.join(", ")} missing, and no apt-get here`;
  if (process.getuid() !== 0) return `missing packages; as root: ${wanted}`;
  apt("update");
  return apt("-o", "Dpkg::Use-Pty=0", "install", "-y", "--no-install-recommends", ...missing) ? undefined : `failed: ${wanted}`;
}

function apt(...words) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const command = ["-o", "DPkg::Lock::Timeout=300", "-qq", ...words];
  return spawnSync("apt-get", command, { env, stdio: ["ignore", "inherit", "inherit"] }).status === 0;
}

function isInstalled(name) {
  const asked = spawnSync("dpkg-query", ["-W", "-f=${db:Status-Status}", name], { encoding: "utf8" });
  return asked.status === 0 && asked.stdout === "installed";
}
