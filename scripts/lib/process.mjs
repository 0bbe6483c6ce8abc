// Starting other programs and ending them: only those started here, by their process id.

import { spawn } from "node:child_process";

/** How much of a program's output is kept: its end, where the totals stand. */
const KEPT_CHARACTERS = 400_000;

const running = new Set();
let watching = false;
let interrupted = false;

/** Calls back once when the person ends the command. */
export const onInterrupt = (callback) => process.once("interrupted", callback);

/**
 * Runs a program to its end, shows its output and keeps the end of it.
 * @param {string[]} command
 * @param {{ cwd?: string, env?: object, minutes?: number, quiet?: boolean }} options
 * @returns {Promise<{ code: number, output: string, seconds: number, timedOut: boolean }>}
 */
export function run(command, { cwd, env, minutes = 0, quiet = false } = {}) {
  const began = performance.now();
  const child = start(command, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let timedOut = false;
  const keep = (stream) => (chunk) => {
    if (!quiet) stream.write(chunk);
    output = (output + chunk).slice(-KEPT_CHARACTERS);
  };
  child.stdout.on("data", keep(process.stdout));
  child.stderr.on("data", keep(process.stderr));
  const limit = minutes && setTimeout(() => {
    timedOut = true;
    end(child, "SIGKILL");
  }, minutes * 60_000);
  return new Promise((resolve) => {
    const done = (code) => {
      clearTimeout(limit);
      resolve({ code, output, seconds: (performance.now() - began) / 1000, timedOut });
    };
    child.once("error", (error) => {
      output += error.message;
      done(127);
    });
    // `close` waits for the streams too: a forgotten grandchild that holds them must not hold us.
    let lingering;
    child.once("exit", () => {
      lingering = setTimeout(() => end(child, "SIGKILL"), 2_000);
    });
    child.once("close", (code) => {
      clearTimeout(lingering);
      done(code ?? 1);
    });
  });
}

/** Runs a program in the foreground, with this terminal; resolves with its exit code. */
export function foreground(command, { cwd, env } = {}) {
  const child = spawn(command[0], command.slice(1), { cwd, env: { ...process.env, ...env }, stdio: "inherit" });
  // Ctrl-C reaches the program by itself; what is sent to us alone is passed on. It decides when it has ended.
  const ignore = () => {};
  const passOn = (signal) => child.kill(signal);
  process.on("SIGINT", ignore).on("SIGTERM", passOn).on("SIGHUP", passOn);
  return new Promise((resolve) => {
    const done = (code) => {
      process.off("SIGINT", ignore).off("SIGTERM", passOn).off("SIGHUP", passOn);
      resolve(code);
    };
    child.once("error", (error) => {
      console.error(`${command[0]}: ${error.message}`);
      done(127);
    });
    child.once("exit", (code, signal) => done(code ?? (signal === "SIGINT" ? 130 : 1)));
  });
}

/** Starts a program in a process group of its own, which ends with this process. */
export function start(command, { cwd, env, stdio = "inherit" } = {}) {
  watchSignals();
  const options = { cwd, env: { ...process.env, ...env }, stdio, detached: process.platform !== "win32" };
  const child = spawn(command[0], command.slice(1), options);
  child.stdout?.setEncoding("utf8");
  child.stderr?.setEncoding("utf8");
  running.add(child);
  child.once("close", () => running.delete(child));
  return child;
}

/** Ends a program started here and what it started. */
export function end(child, signal = "SIGTERM") {
  if (!child.pid) return;
  try {
    process.kill(process.platform === "win32" ? child.pid : -child.pid, signal);
  } catch {
    // It has ended already.
  }
}

/** When this process is told to end, what it started ends first. */
function watchSignals() {
  if (watching) return;
  watching = true;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, endAll);
  process.on("exit", () => {
    for (const child of running) end(child);
  });
}

function endAll() {
  for (const child of running) end(child, interrupted ? "SIGKILL" : "SIGTERM");
  if (interrupted) process.exit(130);
  interrupted = true;
  process.exitCode = 130;
  process.emit("interrupted");
  // Whoever does not end when asked is ended.
  setTimeout(() => {
    for (const child of running) end(child, "SIGKILL");
    process.exit(130);
  }, 10_000).unref();
}
