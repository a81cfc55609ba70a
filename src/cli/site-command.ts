import { join } from "node:path";
import { Command } from "commander";
import type { CommandIo } from "./command-io.js";
import { startProgress } from "./progress.js";

interface SiteOptions {
  readonly out: string;
  readonly json?: boolean;
}

/** `he-ml site`: the course as a folder of pages for a static host. */
export function siteCommand(io: CommandIo): Command {
  return new Command("site")
    .description("build the course as pages to read, for any static host; needs a checkout")
    .option("--out <dir>", "folder to write", join("out", "site"))
    .option("--json", "print the pages and their sizes as JSON")
    .action((options: SiteOptions) => run(options, io));
}

async function run({ out, json }: SiteOptions, { stdout, stderr, signal }: CommandIo): Promise<void> {
  const { buildSite } = await import("../site/build-site.js");
  const progress = startProgress(stderr);
  const pages = await buildSite({
    out,
    signal,
    progress: (step, done, total) => progress.update(step, done, total),
  }).finally(() => progress.stop());
  stdout.write(
    json
      ? `${JSON.stringify({ out, pages })}\n`
      : `${join(out, "index.html")}: ${pages.length} pages written\n`,
  );
}
