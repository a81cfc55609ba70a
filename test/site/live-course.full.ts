import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { serveSite } from "../../dist/site/serve-site.js";
import { readNotebook, type CodeCell, type Output } from "../../src/notebook/runner/notebook-file.js";
import { course, notebookData } from "../../src/site/course.js";
import { TestFolder } from "../notebook/support.js";
import { failures, LiveNotebook, showApplication, until, type Tab } from "./live-notebook.js";
import { launchChromium, launchFirefox } from "../browsers.js";

const run = promisify(execFile);
const lessons = course.filter((name) => /^\d\d-/.test(name));

interface OpenTab {
  readonly tab: Tab;
  /** Addresses that were asked for, where the browser's driver tells those of workers, too. */
  readonly asked?: ReadonlySet<string>;
  close(): Promise<void>;
}

interface Browser {
  /** With nothing kept of earlier tabs. */
  open(): Promise<OpenTab>;
  close(): Promise<void>;
}

const browsers: Readonly<Record<string, () => Promise<Browser>>> = {
  async Chromium() {
    const browser = await launchChromium();
    return {
      async open() {
        const context = await browser.newContext();
        const asked = new Set<string>();
        context.on("request", (request) => asked.add(request.url()));
        return { tab: await context.newPage(), asked, close: () => context.close() };
      },
      close: () => browser.close(),
    };
  },
  async Firefox() {
    const browser = await launchFirefox(1_800_000);
    return {
      async open() {
        const context = await browser.createBrowserContext();
        return { tab: (await context.newPage()) as Tab, close: () => context.close() };
      },
      close: () => browser.close(),
    };
  },
};

let folder: TestFolder;
const site = () => join(folder.path, "site");
beforeAll(async () => {
  folder = await TestFolder.create();
  await run(process.execPath, ["bin/he-ml.js", "site", "--out", site()]);
  await showApplication(site());
}, 300_000);
afterAll(() => folder.remove());

/** What a check shows and throws, without what it measured. */
const verdict = (outputs: readonly Output[]): string[] =>
  outputs.flatMap((output) => {
    if (output.output_type === "stream") return [];
    if (output.output_type === "error") return [`${output.ename}: ${output.evalue}`];
    return [String(output.data["text/plain"]).split(": ")[0]!];
  });

const isCheck = (code: string) => /\bcheck\.\w+\(/.test(code);

/** The committed solutions' verdicts, and those of hand-outs that were run in Node. */
async function verdictsInNode(name: string): Promise<{ solved: string[][]; open: string[][] }> {
  const out = join(folder.path, "in-node");
  await mkdir(out, { recursive: true });
  await run(process.execPath, ["bin/he-ml.js", "run", "--out", out, `notebooks/exercises/${name}.ipynb`], {
    maxBuffer: 2 ** 26,
  });
  const of = async (path: string) =>
    (await readNotebook(path)).cells
      .filter((cell): cell is CodeCell => cell.cell_type === "code" && isCheck(cell.source))
      .map(({ outputs }) => verdict(outputs));
  return { solved: await of(`notebooks/${name}.ipynb`), open: await of(join(out, `${name}.ipynb`)) };
}

/** Bytes of files of the site as hosts send them. */
async function wireBytes(addresses: ReadonlySet<string>, url: string): Promise<number> {
  let bytes = 0;
  for (const address of addresses) {
    if (!address.startsWith(url)) continue;
    const path = decodeURIComponent(new URL(address).pathname.slice(new URL(url).pathname.length));
    const content = await readFile(join(site(), path)).catch(() => undefined);
    if (content) bytes += path.endsWith(".gz") ? content.length : gzipSync(content).length;
  }
  return bytes;
}

describe.each(Object.keys(browsers))("%s, with the network cut after loading", (browserName) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await browsers[browserName]!();
  });
  afterAll(() => browser.close());

  /** Runs a notebook to its end, and gives its cells and what was fetched. */
  async function runLive(path: string) {
    const { url, close: cut } = await serveSite(site(), 0);
    const { tab, asked, close } = await browser.open();
    try {
      const notebook = await LiveNotebook.open(tab, url, path);
      await notebook.kept();
      await cut();
      const cells = await notebook.runAll();
      return { cells, bytes: asked && (await wireBytes(asked, url)) };
    } finally {
      await close();
      await cut();
    }
  }

  test.each([...course, "parameters"])(
    "%s runs to its end",
    async (name) => {
      const path = `notebooks/${name}.ipynb`;
      const { cells, bytes } = await runLive(path);
      expect(failures(cells)).toEqual([]);
      if (bytes !== undefined) {
        const data = await Promise.all(
          (notebookData[path] ?? []).map((file) => readFile(join(site(), "lib", file))),
        );
        expect(bytes - data.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(6_000_000);
        process.stderr.write(`${browserName}, ${name}: ${(bytes / 1e6).toFixed(2)} MB in all\n`);
      }
    },
    1_800_000,
  );

  test("the playground's digit opens as a notebook, and is classified there", async () => {
    const { url, close: closeSite } = await serveSite(site(), 0);
    const { tab, close } = await browser.open();
    try {
      await tab.goto(`${url}playground/index.html#draw?model=mnist-small&digit=7`);
      await until("the playground is ready", () =>
        tab.evaluate(() => document.documentElement.hasAttribute("data-ready"), undefined),
      );
      await tab.evaluate(() => {
        const buttons = [...document.querySelectorAll("button")];
        buttons.find(({ textContent }) => textContent === "Open in a notebook")!.click();
      }, undefined);
      await until("the notebook opens", () =>
        tab.evaluate(() => location.search.includes("from-a-link"), undefined),
      );
      const cells = await (await LiveNotebook.in(tab)).runAll();
      expect(failures(cells)).toEqual([]);
      expect(JSON.stringify(cells)).toContain("It is a 7");
    } finally {
      await close();
      await closeSite();
    }
  }, 300_000);

  test.each(lessons)(
    "the exercises of %s are accepted and refused as in Node",
    async (name) => {
      const { solved, open } = await verdictsInNode(name);
      const checks = async (path: string) =>
        (await runLive(path)).cells
          .filter(({ code }) => isCheck(code))
          .map(({ outputs }) => verdict(outputs));
      expect(await checks(`notebooks/exercises/${name}.ipynb`)).toEqual(open);
      expect(await checks(`notebooks/${name}.ipynb`)).toEqual(solved);
    },
    1_800_000,
  );
});
