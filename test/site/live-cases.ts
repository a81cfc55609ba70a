import { describe, expect, test } from "@jest/globals";
import { createRequire } from "node:module";
import type { Browser, Page } from "playwright-core";
import { serveSite } from "../../dist/site/serve-site.js";
import { failures, filesOf, LiveNotebook, until, type LiveCell } from "./live-notebook.js";

declare const axe: {
  run(): Promise<{
    readonly violations: readonly {
      readonly id: string;
      readonly impact: string;
      readonly nodes: readonly { readonly html: string }[];
    }[];
  }>;
};

const texts = ({ outputs }: LiveCell) =>
  outputs.map((output) => {
    if (output.output_type === "stream") return `${output.name}: ${output.text}`;
    if (output.output_type === "error") return output.traceback.join("\n");
    return String(output.data["text/plain"] ?? output.data["text/html"]);
  });

/** What axe finds in a page. */
async function seriousViolations(tab: Page): Promise<readonly (readonly [id: string, html: string])[]> {
  await tab.addScriptTag({ path: createRequire(import.meta.url).resolve("axe-core/axe.min.js") });
  return tab.evaluate(async () => {
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => [id, nodes[0]!.html] as const);
  });
}

/**
 * Tests of a built site's live notebooks, in a browser.
 *
 * @param site its folder, whose application is shown to scripts
 */
export function liveCases(site: () => string, browser: () => Browser): void {
  /** Opens a tab of its own, with nothing kept of earlier ones. */
  const visit = async (
    work: (tab: Page, url: string, cut: () => Promise<void>) => Promise<void>,
  ): Promise<void> => {
    const { url, close } = await serveSite(site(), 0);
    const context = await browser().newContext({ viewport: { width: 1280, height: 1000 } });
    try {
      await work(await context.newPage(), url, close);
    } finally {
      await context.close();
      await close();
    }
  };

  test("a lesson runs to its end without a network, and edits survive a reload", async () => {
    await visit(async (tab, url, cut) => {
      const requests: string[] = [];
      tab.context().on("request", (request) => requests.push(request.url()));
      await tab.goto(url);
      await tab.getByRole("link", { name: "Lesson 0: the black box: run it live" }).click();
      await LiveNotebook.in(tab).then((notebook) => notebook.kept());
      await cut();
      await tab.locator(".lm-MenuBar-item", { hasText: "Run" }).click();
      await tab.locator(".lm-Menu-item", { hasText: "Run All Cells" }).first().click();
      const notebook = await LiveNotebook.in(tab);
      await until("all cells have run", async () =>
        (await notebook.cells()).every(({ count }) => count !== null),
      );
      const cells = await notebook.cells();
      expect(failures(cells)).toEqual([]);
      expect(cells.flatMap(texts).filter((text) => text.startsWith("✓ passed"))).toHaveLength(3);
      await tab.locator(".jp-OutputArea-output .main-svg").first().waitFor({ state: "attached" });
      expect(await seriousViolations(tab)).toEqual([]);
      await notebook.run("const edited = 40 + 2;\nedited");
      await notebook.command("docmanager:save");
      const again = await notebook.reload();
      expect((await again.cells())[0]).toMatchObject({
        code: "const edited = 40 + 2;\nedited",
        outputs: [{ output_type: "execute_result", data: { "text/plain": "42" } }],
      });
      expect(texts(await again.run("6 * 7"))).toEqual(["42"]);
      const { origin } = new URL(url);
      const elsewhere = requests.filter(
        (each) => !/^(data|blob):/.test(each) && new URL(each).origin !== origin,
      );
      expect(elsewhere).toEqual([]);
    });
  }, 240_000);

  test("the playground's cells open as new notebooks, and run when told; a damaged link is refused, and nothing is written", async () => {
    await visit(async (tab, url) => {
      const open = async (name: string) => {
        await tab.getByRole("button", { name: "Open in a notebook" }).click();
        await tab.waitForURL(`**/live/notebooks/index.html?path=${name}`);
        return LiveNotebook.in(tab);
      };
      await tab.goto(`${url}playground/#draw?model=mnist-small&digit=7`);
      const digit = await open("from-a-link.ipynb");
      await tab.locator("strong", { hasText: "What follows came with a link" }).waitFor();
      expect(await digit.cells()).toMatchObject([{ count: null, outputs: [] }]);
      const [classified] = await digit.runAll();
      expect(failures([classified])).toEqual([]);
      expect(texts(classified).join("")).toContain("It is a 7\n");

      await tab.goBack();
      await tab.getByRole("link", { name: "CKKS bench" }).click();
      for (const step of ["encode", "encrypt", "square"]) {
        await tab.getByRole("button", { name: step, exact: true }).click();
        await tab.locator(".bench-status", { hasText: `the last, ${step},` }).waitFor();
      }
      const bench = await open("from-a-link-2.ipynb");
      const [steps] = await bench.runAll();
      expect(failures([steps])).toEqual([]);
      expect(texts(steps).join("")).toMatch(
        /encrypted level 2, [^]+\n(stdout: )?square level 2, scale 2\^60\.00: \[/,
      );

      const files = await filesOf(tab);
      expect(files).toEqual(expect.arrayContaining(["from-a-link.ipynb", "from-a-link-2.ipynb"]));
      await tab.goto(`${url}live/notebooks/index.html#notebook=%5B%7B%22type`);
      const refusal = tab.getByRole("dialog");
      expect(await refusal.textContent()).toContain("link: expected a list of cells, got ");
      expect(await filesOf(tab)).toEqual(files);
      await refusal.getByRole("button").click();
      await tab.waitForURL("**/live/tree/index.html");
    });
  }, 180_000);

  describe("a live notebook's kernel", () => {
    test("keeps names, prints, shows, updates what it showed, and names the lines of errors", async () => {
      await visit(async (tab, url) => {
        const notebook = await LiveNotebook.open(tab, url, "notebooks/03-multiply.ipynb");
        const run = async (code: string) => texts(await notebook.run(code));
        expect(await run("const six: number = 6;\nconsole.log('hello', { six });\nsix * 7")).toEqual([
          "stdout: hello { six: 6 }\n",
          "42",
        ]);
        expect(await run("let six = 'now a text';\nconsole.error(six);")).toEqual(["stderr: now a text\n"]);
        expect(await run("import { table } from 'he-ml/notebook';\ntable([{ a: 1, b: 2.5 }])")).toEqual([
          expect.stringMatching(/a.*b[^]*1.*2\.5/),
        ]);
        expect(
          await run(
            "import { newDisplay } from 'tslab';\nconst d = newDisplay();\nd.text('first');\nd.text('second');",
          ),
        ).toEqual(["second"]);
        expect(
          await run(
            "function f(n: number) {\n  if (n === 0) throw new TypeError('deep');\n  f(n - 1);\n}\nf(1)",
          ),
        ).toEqual([
          expect.stringMatching(
            /^TypeError: deep\n {4}cell \d+, line 2, column \d+ in f\n {4}cell \d+, line 3, column \d+ in f\n {4}cell \d+, line 5/,
          ),
        ]);
        expect(await run("const x: number = ;")).toEqual([
          expect.stringContaining("line 1, column 19: Expression expected"),
        ]);
        expect(await run("import 'node:http'")).toEqual([
          expect.stringContaining("install he-ml and open the notebook with tslab"),
        ]);
        expect(await run("crossOriginIsolated")).toEqual(["true"]);
      });
    }, 120_000);

    test("is stopped in an endless loop, says what is lost, and goes on", async () => {
      await visit(async (tab, url) => {
        const notebook = await LiveNotebook.open(tab, url, "notebooks/03-multiply.ipynb");
        await notebook.run("const kept = 1;");
        await notebook.run("for (;;) {}", false);
        await until("the cell runs", async () =>
          tab.evaluate(() =>
            document.querySelector(".jp-CodeCell .jp-InputPrompt")!.textContent!.includes("*"),
          ),
        );
        await notebook.command("notebook:interrupt-kernel");
        await until("it was stopped", async () => (await notebook.cells())[0]!.outputs.length > 0);
        expect(texts((await notebook.cells())[0]!)).toEqual([
          expect.stringMatching(/^Interrupted: the cell was stopped, .* lost with it; run them again/),
        ]);
        expect(texts(await notebook.run("kept"))).toEqual([expect.stringContaining("kept is not defined")]);
        expect(texts(await notebook.run("1 + 1"))).toEqual(["2"]);
      });
    }, 120_000);

    test("completes by the library's types, and says what stands at the cursor", async () => {
      await visit(async (tab, url) => {
        const notebook = await LiveNotebook.open(tab, url, "notebooks/03-multiply.ipynb");
        await notebook.run("import { checkParameters, SecretContext } from 'he-ml';");
        const cell = tab.locator(".jp-CodeCell .cm-content").first();
        const write = async (code: string) => {
          await cell.click();
          await tab.keyboard.press("Control+a");
          await tab.keyboard.insertText(code);
        };
        await write("const made = checkParameters({} as never);\nmade.");
        await tab.keyboard.press("Tab");
        await tab.locator(".jp-Completer .jp-Completer-match", { hasText: "polyModulusDegree" }).waitFor();
        await tab.keyboard.press("Escape");
        await write("SecretContext.create(");
        await tab.keyboard.press("Shift+Tab");
        await tab.locator(".jp-Tooltip", { hasText: "Promise<SecretContext" }).waitFor();
      });
    }, 120_000);
  });
}
