import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Output } from "../../src/notebook/runner/notebook-file.js";

/** A tab of a browser, Playwright's or Puppeteer's. */
export interface Tab {
  evaluate<Given, Result>(work: (given: Given) => Result | Promise<Result>, given: Given): Promise<Result>;
  goto(url: string): Promise<unknown>;
  reload(): Promise<unknown>;
}

/** A code cell as JupyterLite has it. */
export interface LiveCell {
  readonly code: string;
  /** The number in its brackets; null until it has run. */
  readonly count: number | null;
  readonly outputs: readonly Output[];
}

interface CodeCellWidget {
  readonly model: {
    readonly type: string;
    readonly executionCount: number | null;
    readonly outputs: { toJSON(): Output[] };
    readonly sharedModel: { getSource(): string; setSource(code: string): void };
  };
}

/** JupyterLab's application, which it shows to scripts where it is told to. */
declare const jupyterapp: {
  readonly commands: { execute(command: string, options?: object): Promise<unknown> };
  readonly serviceManager: {
    readonly contents: {
      get(
        folder: string,
        options: { content: true },
      ): Promise<{ readonly content: readonly { readonly name: string }[] }>;
    };
  };
  readonly shell: {
    readonly currentWidget: {
      readonly content: { readonly widgets: readonly CodeCellWidget[]; activeCellIndex: number };
      readonly context: {
        readonly isReady: boolean;
        readonly sessionContext: {
          readonly session: { readonly kernel: { readonly status: string } } | null;
        };
      };
    } | null;
  };
};

/** Tells a built site's JupyterLite to show its application to scripts. */
export async function showApplication(site: string): Promise<void> {
  const path = join(site, "live/jupyter-lite.json");
  const settings = JSON.parse(await readFile(path, "utf8")) as { "jupyter-config-data": object };
  Object.assign(settings["jupyter-config-data"], { exposeAppInBrowser: true });
  await writeFile(path, JSON.stringify(settings));
}

/** Asks again until the answer is yes; a page that gives way to another meanwhile has none. */
export async function until(what: string, isSo: () => Promise<boolean>, seconds = 90): Promise<void> {
  const end = performance.now() + 1000 * seconds;
  while (!(await isSo().catch(() => false))) {
    if (performance.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A notebook that is open in JupyterLite. */
export class LiveNotebook {
  private constructor(private readonly tab: Tab) {}

  /** @param url the site's; @param path of the notebook in the checkout */
  static async open(tab: Tab, url: string, path: string): Promise<LiveNotebook> {
    await tab.goto(`${url}live/notebooks/index.html?path=${path}`);
    return LiveNotebook.in(tab);
  }

  /** The one that a tab is about to show. */
  static async in(tab: Tab): Promise<LiveNotebook> {
    await until("the kernel is idle", () =>
      tab.evaluate(
        () =>
          globalThis.hasOwnProperty("jupyterapp") &&
          jupyterapp.shell.currentWidget?.context?.isReady === true &&
          jupyterapp.shell.currentWidget.context.sessionContext.session?.kernel?.status === "idle",
        undefined,
      ),
    );
    return new LiveNotebook(tab);
  }

  /** Waits until all that the notebook needs is kept for use without a network. */
  async kept(): Promise<void> {
    await until("files are kept", () =>
      this.tab.evaluate(() => document.documentElement.hasAttribute("data-offline"), undefined),
    );
  }

  async reload(): Promise<LiveNotebook> {
    await this.tab.reload();
    return LiveNotebook.in(this.tab);
  }

  /** Runs all cells, and waits until none is left. */
  async runAll(): Promise<readonly LiveCell[]> {
    await this.command("notebook:run-all-cells");
    return this.cells();
  }

  /** Writes code into the first code cell and runs it; waits until it is done unless told. */
  async run(code: string, waits = true): Promise<LiveCell> {
    await this.tab.evaluate(
      async ({ source, waiting }) => {
        const { content } = jupyterapp.shell.currentWidget!;
        content.activeCellIndex = content.widgets.findIndex(({ model }) => model.type === "code");
        content.widgets[content.activeCellIndex]!.model.sharedModel.setSource(source);
        const done = jupyterapp.commands.execute("notebook:run-cell");
        if (waiting) await done;
      },
      { source: code, waiting: waits },
    );
    return (await this.cells())[0]!;
  }

  async command(name: string): Promise<void> {
    await this.tab.evaluate((each) => jupyterapp.commands.execute(each).then(() => undefined), name);
  }

  cells(): Promise<readonly LiveCell[]> {
    return this.tab.evaluate(
      () =>
        jupyterapp.shell
          .currentWidget!.content.widgets.filter(({ model }) => model.type === "code")
          .map(({ model }) => ({
            code: model.sharedModel.getSource(),
            count: model.executionCount,
            outputs: model.outputs.toJSON(),
          })),
      undefined,
    );
  }
}

/** Names of the files in the uppermost folder, as a page of JupyterLite's that has begun sees them. */
export const filesOf = (tab: Tab): Promise<string[]> =>
  tab.evaluate(async () => {
    const { content } = await jupyterapp.serviceManager.contents.get("", { content: true });
    return content.map(({ name }) => name).sort();
  }, undefined);

/** What went wrong in cells, in words. */
export const failures = (cells: readonly LiveCell[]): string[] =>
  cells.flatMap(({ code, count, outputs }) => {
    const errors = outputs.flatMap((output) =>
      output.output_type === "error" ? [`${output.ename}: ${output.evalue}`] : [],
    );
    if (count === null) errors.push("did not run");
    return errors.map((error) => `${error}\n${code}`);
  });
