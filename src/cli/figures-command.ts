import { join } from "node:path";
import { Command } from "commander";
import { InputError } from "../he-ml/errors.js";
import { requirePackages } from "../he-ml/node/optional-packages.js";
import { formatCount } from "../viz/units.js";
import { wholeNumber } from "./arguments.js";
import type { CommandIo } from "./command-io.js";
import { requireWritableFile } from "./files.js";
import { startProgress } from "./progress.js";

interface FiguresOptions {
  readonly out: string;
  readonly seed: number;
  readonly repeats?: number;
  readonly quick?: boolean;
  readonly fresh?: boolean;
  readonly list?: boolean;
  readonly json?: boolean;
}

/** `he-ml figures`: every research figure, with the data behind it. */
export function figuresCommand(io: CommandIo): Command {
  return new Command("figures")
    .description(
      "measure research figures anew, and write each with the data behind it; go on where a run was interrupted",
    )
    .argument("[name...]", "figures, as --list names them (default: all)")
    .option("--list", "list the figures' names and titles")
    .option("--out <dir>", "folder for what is written", join("out", "figures"))
    .option("--seed <n>", "what all that is drawn by lot is drawn from", wholeNumber(1, 2 ** 31 - 2), 1)
    .option(
      "--repeats <n>",
      "how often what is not exact is measured (default: 5; 2 with --quick)",
      wholeNumber(1, 1000),
    )
    .option("--quick", "a smoke run: the least that shows that everything works")
    .option("--fresh", "measure everything anew, without what an interrupted run has left")
    .option("--json", "print the manifest, or the list, as JSON")
    .action((names: string[], options: FiguresOptions) => run(names, options, io));
}

async function run(
  names: readonly string[],
  { list, json, out, ...options }: FiguresOptions,
  { stdout, stderr, signal }: CommandIo,
): Promise<void> {
  const { figures: all } = await import("../figures/all.js");
  if (list) {
    const known = all.map(({ name, title }) => ({ name, title }));
    const longest = Math.max(...known.map(({ name }) => name.length));
    const lines = known.map(({ name, title }) => `${name.padEnd(longest)}  ${title}`).join("\n");
    stdout.write(json ? `${JSON.stringify(known)}\n` : `${lines}\n`);
    return;
  }
  const unknown = names.find((name) => !all.some((figure) => figure.name === name));
  if (unknown !== undefined) {
    throw new InputError(
      `figures: there is no figure "${unknown}"; give some of ${all.map(({ name }) => name).join(", ")}, or none for all`,
    );
  }
  const chosen = all.filter(({ name }) => names.length === 0 || names.includes(name));
  requirePackages("print");
  for (const file of ["manifest.json", "index.html", ...chosen.map(({ name }) => `${name}.json`)]) {
    await requireWritableFile("--out", join(out, file));
  }

  const { runFigures } = await import("../figures/run-figures.js");
  const progress = startProgress(stderr);
  const manifest = await runFigures(chosen, {
    ...options,
    out,
    signal,
    onStep: (figure, step, done, total) => progress.update(`${figure}: ${step}`, done, total),
    onFigure: (figure, kept) => {
      const taken = kept === 0 ? "" : `, ${formatCount(kept, "step")} of an interrupted run taken`;
      if (!json) stdout.write(`${join(out, figure)}: written${taken}\n`);
    },
  }).finally(() => progress.stop());
  if (json) stdout.write(`${JSON.stringify(manifest)}\n`);
}
