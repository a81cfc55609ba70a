import { expect, test } from "@jest/globals";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Figure } from "../../src/viz/figure.js";
import { isInPlane } from "../../src/viz/in-plane.js";
import { plotScripts } from "../../src/viz/interactive-plot.js";

const asFigure = (figure: object) => ({ data: [], layout: {}, ...figure }) as unknown as Figure;

test("every figure of the committed notebooks is drawn by plotly's edition for axes in a plane", async () => {
  let count = 0;
  for (const name of (await readdir("notebooks")).filter((file) => file.endsWith(".ipynb"))) {
    const { cells } = JSON.parse(await readFile(join("notebooks", name), "utf8")) as {
      cells: { outputs?: { data?: Record<string, unknown> }[] }[];
    };
    for (const { data } of cells.flatMap(({ outputs = [] }) => outputs)) {
      const figure = data?.["application/vnd.plotly.v1+json"] as Figure | undefined;
      if (figure === undefined) continue;
      expect({ name, title: figure.layout.title, inPlane: isInPlane(figure) }).toMatchObject({
        inPlane: true,
      });
      count++;
    }
  }
  expect(count).toBeGreaterThan(50);
});

test("what it cannot draw is seen, wherever it stands", () => {
  const surface = { type: "surface", z: [[1]] };
  const beyond = [
    { data: [{ y: [1] }, surface] },
    { frames: [{ data: [surface] }] },
    { layout: { updatemenus: [{ buttons: [{ args: ["type", "surface"] }] }] } },
    { data: [{ x: ["2026-01-01"], y: [1], xcalendar: "coptic" }] },
    { layout: { template: { layout: { xaxis: { calendar: "coptic" } } } } },
  ];
  for (const figure of beyond)
    expect({ figure, inPlane: isInPlane(asFigure(figure)) }).toMatchObject({ inPlane: false });
  const inPlane = [
    { data: [null, { y: [1] }, { type: "heatmap", z: [[1]] }, { type: "nonsense", y: [1] }] },
    { layout: { template: { data: { surface: [surface] } }, title: { text: "A surface" } } },
  ];
  for (const figure of inPlane) expect(isInPlane(asFigure(figure))).toBe(true);
});

test("a page has the smallest plotly that draws all its figures, and loads none that is not beside it", async () => {
  const bar = asFigure({ data: [{ type: "bar", y: [1] }] });
  const surface = asFigure({ data: [{ type: "surface", z: [[1]] }] });
  const beside = { address: "plotly.js", integrity: "sha256-x" };
  expect(await plotScripts([], beside)).toEqual({ scripts: [] });
  const { scripts: loading, scriptsLoadOthers } = await plotScripts([bar], beside);
  expect(scriptsLoadOthers).toBe(true);
  expect(loading).toEqual([expect.stringContaining('plotly.src = "plotly.js"')]);
  for (const [figures, edition] of [
    [[bar], "plotly.js (cartesian - minified) v"],
    [[bar, surface], "plotly.js v"],
  ] as const) {
    const { scripts, ...rest } = await plotScripts(figures, edition === "plotly.js v" ? beside : undefined);
    expect(rest).toEqual({});
    expect(scripts.map((script) => script.includes(`* ${edition}`))).toEqual([true, false]);
  }
});
