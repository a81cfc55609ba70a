import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import { installJupyter, jupyterEnvironment, notebookToTry } from "./jupyter-support.js";
import { root, TestFolder } from "../support.js";
import { launchChromium } from "../../browsers.js";

const token = "for-this-test";
let folder: TestFolder;
let notebook: string;
let lab: ChildProcess;
let address: string;
let browser: Browser;

beforeAll(async () => {
  await installJupyter();
  folder = await TestFolder.create();
  notebook = await notebookToTry(folder);
  [lab, address] = await startLab(await jupyterEnvironment(folder));
  browser = await launchChromium();
}, 600_000);

afterAll(async () => {
  await browser?.close();
  lab?.kill("SIGINT");
  await once(lab, "exit");
  expect(await folder.kernels()).toEqual([]);
  await folder.remove();
});

test("a figure is drawn by plotly in JupyterLab when its cell is run", async () => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  await page.goto(`${address}/lab/tree/${basename(notebook)}?token=${token}&reset`);
  await page
    .locator(".jp-Toolbar-kernelName", { hasText: "TypeScript (HE-ML)" })
    .waitFor({ timeout: 120_000 });
  await page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').waitFor({ timeout: 120_000 });

  const output = page.locator(".jp-OutputArea-output.jp-RenderedPlotly").first();
  await page.locator(".jp-Notebook .jp-Cell").first().click();
  for (let cells = 0; cells < 100 && !(await output.isVisible()); cells++) {
    await page.keyboard.press("Shift+Enter");
    await page.waitForTimeout(500);
    await page.waitForFunction(
      () =>
        ![...document.querySelectorAll(".jp-InputArea-prompt")].some(({ textContent }) =>
          textContent?.includes("*"),
        ),
      undefined,
      { timeout: 300_000 },
    );
    await page.waitForTimeout(500);
  }
  // plotly's extension shows the PNG until the mouse comes.
  await output.scrollIntoViewIfNeeded();
  await output.hover();
  const figure = output.locator(".plot-container .main-svg").first();
  await figure.waitFor();
  await mkdir(join(root, "out"), { recursive: true });
  await page.screenshot({ path: join(root, "out/jupyterlab.png") });
  expect(await page.locator(".jp-RenderedText[data-mime-type*=error]").count()).toBe(0);
  if (process.env.HE_ML_NOTEBOOK === undefined) await moveSlider(page, output);
  expect(errors).toEqual([]);
}, 600_000);

/** Moves the slider of the tests' own notebook to its end: plotly draws what the figure brought, without the kernel. */
async function moveSlider(page: Page, output: Locator): Promise<void> {
  const bars = output.locator(".barlayer .point path");
  expect(await bars.count()).toBe(2);
  const { x, y, width, height } = (await output.locator(".slider-rail-touch-rect").boundingBox())!;
  await page.mouse.click(x + width - 3, y + height / 2);
  await output.locator(".gtitle", { hasText: "Three bars" }).waitFor();
  expect(await bars.count()).toBe(3);
}

/** `he-ml lab` on a free port; resolves with its address when it answers. */
async function startLab(env: NodeJS.ProcessEnv): Promise<[ChildProcess, string]> {
  const args = ["--no-browser", "--port=0", `--IdentityProvider.token=${token}`, "--allow-root"];
  const child = spawn(
    process.execPath,
    [join(root, "bin/he-ml.js"), "lab", "--", ...args, dirname(notebook)],
    {
      env,
      stdio: ["ignore", "inherit", "pipe"],
    },
  );
  let said = "";
  const address = await new Promise<string>((resolve, reject) => {
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      const found = /(http:\/\/127\.0\.0\.1:\d+)\/lab/.exec(said);
      if (found) resolve(found[1]);
    });
    child.once("exit", (status) => reject(new Error(`he-ml lab ended with status ${status}: ${said}`)));
  });
  return [child, address];
}
