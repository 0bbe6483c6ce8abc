// npm test: sets this machine up and runs every stage of the ladder, each timed, with one honest line at the end.
//
//   npm test                         everything
//   npm run check                    what is quick enough before every commit
//   npm test -- --only clippy,netns  some stages, without what they need
//   npm test -- --list               their names

import { root } from "./lib/cargo.mjs";
import { run } from "./lib/process.mjs";
import { runStages, summary } from "./lib/stages.mjs";
import { bold, fail, say } from "./lib/terminal.mjs";
import { environment, stages } from "./stages.mjs";

const chosen = choose(process.argv.slice(2));
const results = await runStages(chosen, {
  run: (command, minutes) => run(command, { cwd: root, env: environment, minutes }),
  say,
});
const { lines, failed } = summary(results);
say();
for (const line of lines) say(line);
process.exit(process.exitCode ?? (failed ? 1 : 0));

function choose(args) {
  if (args.includes("--list")) {
    for (const stage of stages) say(stage.quick ? `${stage.name} ${bold("(quick)")}` : stage.name);
    process.exit(0);
  }
  if (args.includes("--quick")) return stages.filter((stage) => stage.quick);
  const only = args.indexOf("--only");
  if (only < 0 && args.length === 0) return stages;
  const names = only < 0 ? [] : (args[only + 1] ?? "").split(",");
  const known = stages.map((stage) => stage.name);
  if (names.length === 0 || names.some((name) => !known.includes(name))) {
    fail(`Usage: npm test -- [--quick | --list | --only NAME,NAME]\nStages: ${known.join(", ")}`);
  }
  return stages.filter((stage) => names.includes(stage.name));
}
