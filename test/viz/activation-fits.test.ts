import { expect, test } from "@jest/globals";
import type { ScatterData } from "plotly.js-dist-min";
import { activationFits } from "../../src/viz/ckks/activation-fits.js";
import type { Figure } from "../../src/viz/figure.js";
import { fitSteps, tanh } from "./ckks-data.js";
import { sliderOf } from "./slider.js";

const scatters = ({ data }: Figure) => data as Partial<ScatterData>[];
const saysOf = ({ layout }: Figure) =>
  (layout.title as { text: string }).text.split("<br>").map((line) => line.replaceAll(/<[^>]*>/g, ""));

test("fits are drawn beside the activation, cut where they leave the picture, with what they cost", () => {
  const figure = activationFits(tanh, fitSteps, 1);
  expect(saysOf(figure)).toEqual([
    "tanh x: degree 31 on ±20",
    "5 levels",
    "Taylor: off by 3e+22, 9.8 % right",
    "least squares: off by 0.020, 98.5 % right",
  ]);
  expect(sliderOf(figure).steps!.map(({ label }) => label)).toEqual(["±2, 3", "±20, 31"]);
  expect(scatters(figure).map(({ name }) => name)).toEqual(["tanh x", "Taylor", "least squares"]);
  expect(Math.max(...(scatters(figure)[1].y as number[]))).toBe(20);
  expect(figure.layout.shapes).toMatchObject([{ x0: -20, x1: 20 }]);
});
