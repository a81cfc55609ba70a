import { expect, test } from "@jest/globals";
import { readPlanarPlotlySource, readPlotlySource } from "../../src/viz/assets.js";
import { openHeadlessWindow } from "../../src/viz/headless-plotly.js";
import { kindsBeyondThePlane } from "../../src/viz/in-plane.js";

async function kindsOf(plotly: string): Promise<string[]> {
  const { window } = await openHeadlessWindow();
  window.eval(plotly);
  const text = window.eval("JSON.stringify(Object.keys(Plotly.PlotSchema.get().traces))") as string;
  return JSON.parse(text) as string[];
}

test("the kinds of traces that plotly's smaller edition lacks are known", async () => {
  const all = await kindsOf(await readPlotlySource());
  const planar = await kindsOf(await readPlanarPlotlySource());
  expect(planar).toEqual(expect.arrayContaining(["bar", "heatmap", "scatter"]));
  expect(planar.filter((kind) => !all.includes(kind))).toEqual([]);
  expect([...kindsBeyondThePlane].sort()).toEqual(all.filter((kind) => !planar.includes(kind)).sort());
}, 30_000);
