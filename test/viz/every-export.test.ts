import { expect, test } from "@jest/globals";
import * as display from "../../src/notebook/display/index.js";
import * as viz from "../../src/viz/index.js";
import { zeros } from "../../src/he-ml/tensor/tensor.js";
import { unclearCalls, usualWrongs, type Call } from "../he-ml/unclear-calls.js";
import {
  encodingSweeps,
  fitSteps,
  noiseSteps,
  polynomialSteps,
  roots,
  scaleSteps,
  securityPoints,
  tanh,
} from "./ckks-data.js";
import { digitImage } from "./digit-images.js";
import { explanation, traces } from "./plan.js";
import { timed, travelling } from "./service.js";
import { advice, grid, sweep } from "./tested.js";

const x = [0, 1];
const line = { title: "A", x: { title: "x" }, y: { title: "y" } };
const runs = [{ label: "one", traces }];
const figure = viz.timePerLayer(traces);

/** Every function that takes something, with arguments that are right: each is then replaced by wrong ones. */
const calls: Readonly<Record<string, readonly unknown[]>> = {
  accuracySteps: [{ lenet1: { before: 0.99, afterReplacing: 0.8, afterFineTuning: 0.99 } }],
  confusionMatrix: [
    [
      [3, 1],
      [0, 2],
    ],
    ["a", "b"],
  ],
  errorHistogram: [[-0.1, 0, 0.2]],
  babyGiantSteps: [{ size: 4, steps: [{ babySize: 2, milliseconds: 4 }] }],
  activationFits: [tanh, fitSteps],
  digits: [[digitImage(0, 1, 1)], {}],
  encodingError: [encodingSweeps],
  errorOverScale: [sweep],
  errorPerLayer: [traces],
  gadget: [{ value: 1234, base: 10 }],
  inferenceReport: [{}, zeros([1, 1, 28, 28])],
  linePlot: [[{ name: "a", x, y: x }], line],
  measure: [() => 1, 1, 0],
  noiseHistogram: [noiseSteps],
  paretoFront: [advice],
  plainText: ["a<b"],
  planAgainstRun: [explanation, traces],
  polynomialBars: [97, polynomialSteps],
  rootsOfUnity: [roots],
  scaleAndModulus: [scaleSteps],
  scalePerLayer: [traces],
  securityLimits: [securityPoints],
  serviceBytes: [[travelling]],
  serviceTimings: [[timed]],
  slotRotation: [{ values: [1, 2, 3, 4], steps: 1 }],
  stageBill: [runs],
  sweepHeatMap: [grid, { x: "scale_bits" }],
  sweepTradeOffs: [sweep, [1, 10], 0],
  table: [[{ a: 1 }], {}],
  testedLayers: [sweep],
  timePerLayer: [traces],
  withSlider: ["step:", [{ label: "1", figure }]],
};

/** Those that take nothing, or take anything. */
const notCalled = ["clientAndServer", "keySwitch", "seriesStyle", "show", "themed", "toMimeBundle"];

/** Those that draw with plotly, which takes seconds to load: render.test.ts calls them. */
const drawing = ["accuracyReport", "renderPng", "renderReport", "renderSvg"];

const exported = { ...viz, ...display } as unknown as Readonly<Record<string, unknown>>;

test("every exported function is called here", () => {
  const functions = Object.keys(exported).filter((name) => typeof exported[name] === "function");
  expect([...Object.keys(calls), ...notCalled, ...drawing].sort()).toEqual(functions.sort());
});

test.each(Object.entries(calls))(
  "%s answers, or refuses with one InputError, whatever it is given",
  async (name, right) => {
    const call = exported[name] as Call;
    expect(await unclearCalls(call, right, usualWrongs)).toEqual({});
    // A whole report takes an inference: see report.slow.ts.
    if (name !== "inferenceReport") expect(await call(...(right as never[]))).toBeDefined();
  },
);
