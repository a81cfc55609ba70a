import { join } from "node:path";
import { Command } from "commander";
import { wholeNumber } from "./arguments.js";
import type { CommandIo } from "./command-io.js";
import { startProgress } from "./progress.js";
import { stopped } from "./serve-command.js";

interface SiteOptions {
  readonly out: string;
  readonly live: boolean;
  readonly json?: boolean;
  readonly serve?: boolean;
  readonly port: number;
}

/** `he-ml site`: the course as a folder of pages for a static host. */
export function siteCommand(io: CommandIo): Command {
  return new Command("site")
    .description("build the course and the playground as pages for any static host; needs a checkout")
    .option("--out <dir>", "folder to write", join("out", "site"))
    .option("--no-live", "without notebooks to run in the browser, whose build needs Python")
    .option("--json", "print the pages and the sizes of what was built as JSON")
    .option("--serve", "then show it on this machine, until Ctrl-C")
    .option("--port <p>", "where --serve listens; 0 for any that is free", wholeNumber(0, 65_535), 8930)
    .action((options: SiteOptions) => run(options, io));
}

async function run(
  { out, live, json, serve, port }: SiteOptions,
  { stdout, stderr, signal }: CommandIo,
): Promise<void> {
  const { requirePort, serveSite } = await import("../site/serve-site.js");
  if (serve) await requirePort(port);
  const { buildSite } = await import("../site/build-site.js");
  const progress = startProgress(stderr);
  const built = await buildSite({
    out,
    live,
    signal,
    progress: (step, done, total) => progress.update(step, done, total),
  }).finally(() => progress.stop());
  stdout.write(
    json
      ? `${JSON.stringify({ out, ...built })}\n`
      : `${join(out, "index.html")}: ${built.pages.length} pages${live ? ", live notebooks" : ""} and the playground written\n`,
  );
  if (!serve) return;
  const { url, close } = await serveSite(out, port);
  stderr.write(`he-ml: the site is at ${url} until Ctrl-C\n`);
  await stopped(signal);
  await close();
}
