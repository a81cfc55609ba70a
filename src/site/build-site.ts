import { mkdir, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { InputError } from "../he-ml/errors.js";
import { frontPage } from "./front-page.js";
import { lessonPage, type SiteParts } from "./lesson-pages.js";
import { buildLive } from "./jupyterlite.js";
import { buildKernelWorkers } from "./kernel-extension.js";
import { buildLibraryCache } from "./library-cache.js";
import { buildLibrary } from "./library-bundle.js";
import { pageAddresses } from "./page-addresses.js";
import { buildPlayground } from "./playground-build.js";
import { besideFolder, replaceFolder } from "./replace-folder.js";
import { writePlotly } from "./shared-plotly.js";

/** Sizes in bytes, as it lies there and as hosts send it. */
export interface BuiltSize {
  readonly bytes: number;
  readonly gzipBytes: number;
}

/** A page that was written. */
export interface BuiltPage extends BuiltSize {
  /** In the site. */
  readonly path: string;
}

export interface BuiltSite {
  /** The pages to read. */
  readonly pages: readonly BuiltPage[];
  /** What the pages draw their figures with: one file for all of them. */
  readonly plotly: BuiltSize;
  /** All of the playground's files, without models. */
  readonly playground: BuiltSize;
  /** All files of JupyterLite and its notebooks, of which a browser loads some; undefined if they were not built. */
  readonly live?: BuiltSize;
}

export interface BuildSiteOptions {
  /** Folder of the site; one that an earlier build wrote is replaced. */
  readonly out: string;
  /** Whether JupyterLite is built, too, which needs Python; true unless told. */
  readonly live?: boolean;
  readonly progress?: (step: string, done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Builds the course as a folder for any static host. All addresses in it are relative. It is written beside `out` and then
 * moved there, so that a build that fails leaves what was there before.
 *
 * @throws InputError where this is no checkout of HE-ML, or `out` holds something else than a site
 * @example await buildSite({ out: "out/site" });
 */
export async function buildSite({
  out,
  live = true,
  progress,
  signal,
}: BuildSiteOptions): Promise<BuiltSite> {
  await requireCheckout();
  await requireSiteOrNothing(out);
  const target = resolve(out);
  const fresh = besideFolder(target);
  try {
    const plotly = await writePlotly(fresh);
    const pages = await writePages(fresh, { live, plotly }, progress, signal);
    if (live) {
      progress?.("live", pages.length, pages.length);
      await buildLive(fresh, signal);
    }
    progress?.("lib", pages.length, pages.length);
    await buildLibrary(fresh);
    if (live) {
      await buildKernelWorkers(join(fresh, "lib/kernel"));
      await buildLibraryCache(fresh);
    }
    signal?.throwIfAborted();
    progress?.("playground", pages.length, pages.length);
    await buildPlayground(fresh, live);
    signal?.throwIfAborted();
    const built = {
      pages,
      plotly: sizeOf(await readFile(join(fresh, plotly.address))),
      playground: await sizeOfFolder(join(fresh, "playground")),
      live: live ? await sizeOfFolder(join(fresh, "live")) : undefined,
    };
    await replaceFolder(fresh, target);
    return built;
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

async function writePages(
  folder: string,
  parts: SiteParts,
  progress: BuildSiteOptions["progress"],
  signal: AbortSignal | undefined,
): Promise<BuiltPage[]> {
  const makers = new Map<string, () => Promise<string>>([["index.html", () => frontPage(parts.live)]]);
  for (const [source, path] of pageAddresses) makers.set(path, () => lessonPage(source, parts));
  const pages: BuiltPage[] = [];
  for (const [path, make] of makers) {
    signal?.throwIfAborted();
    progress?.(path, pages.length, makers.size);
    const content = Buffer.from(await make());
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
    pages.push({ path, ...sizeOf(content) });
  }
  return pages;
}

const sizeOf = (content: Buffer): BuiltSize => ({
  bytes: content.length,
  gzipBytes: gzipSync(content).length,
});

async function sizeOfFolder(folder: string): Promise<BuiltSize> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  let [bytes, gzipBytes] = [0, 0];
  for (const entry of entries.filter((found) => found.isFile())) {
    const size = sizeOf(await readFile(join(entry.parentPath, entry.name)));
    bytes += size.bytes;
    gzipBytes += size.gzipBytes;
  }
  return { bytes, gzipBytes };
}

async function requireCheckout(): Promise<void> {
  for (const needed of [...pageAddresses.keys(), "src"]) {
    if (await stat(needed).catch(() => undefined)) continue;
    throw new InputError(
      `site: expected a checkout of HE-ML, got a folder without ${needed}; run it where notebooks/ and src/ are`,
    );
  }
}

async function requireSiteOrNothing(out: string): Promise<void> {
  const names = await readdir(out).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === "ENOENT") return [];
    throw new InputError(`--out: expected a folder, got "${out}" (${error.code}); name another`);
  });
  if (names.length === 0 || (names.includes("index.html") && names.includes("lessons"))) return;
  throw new InputError(
    `--out: expected an empty folder or an earlier site, got "${out}" with other files; name another`,
  );
}
