import { describe, expect, test } from "@jest/globals";
import { InputError } from "../../src/he-ml/errors.js";
import type { BarData, ScatterData } from "plotly.js-dist-min";
import { planAgainstRun } from "../../src/viz/plan-against-run.js";
import { explanation, names, traces } from "./plan.js";
import { mnistSmall } from "./traces.js";

describe("planAgainstRun", () => {
  const figure = planAgainstRun(explanation, traces);
  const [predicted, measured] = figure.data as Partial<BarData>[];
  const [, , predictedErrors, measuredErrors] = figure.data as Partial<ScatterData>[];

  test("is plain JSON, with a title", () => {
    expect(JSON.parse(JSON.stringify(figure))).toEqual(figure);
    expect(figure.layout.title).toMatchObject({ text: "mnist-small: the plan and the run, 1 image" });
  });

  test("lays times and errors of the run beside those of the plan, stage by stage", () => {
    for (const { x } of figure.data as Partial<BarData>[]) expect(x).toEqual(names);
    expect([predicted.name, measured.name]).toEqual(["predicted", "measured"]);
    expect(predicted.y).toEqual([28, 25.2, 2.5]);
    expect(measured.y).toEqual([31.4, 22, 3.21]);
    expect(predictedErrors.y).toEqual([6e-4, 0.01, 0.02]);
    expect(measuredErrors.y).toEqual(traces.map(({ error }) => error!.rms));
    expect(predictedErrors.yaxis).toBe("y2");
  });

  test("has units, and the plan looks unlike the run", () => {
    expect(figure.layout.yaxis).toMatchObject({ title: { text: "time (ms)" } });
    expect(figure.layout.yaxis2).toMatchObject({ title: { text: "rms error" }, type: "log" });
    expect(predicted.marker!.color).not.toBe(measured.marker!.color);
    expect(predicted.marker!.pattern!.shape).not.toBe(measured.marker!.pattern!.shape);
    expect(predictedErrors.marker!.symbol).not.toBe(measuredErrors.marker!.symbol);
    // The same colour for the plan above and below.
    expect(predictedErrors.marker!.color).toBe(predicted.marker!.color);
  });

  test("shows times alone where no error was measured", () => {
    const unmeasured = traces.map((trace) => ({ ...trace, error: undefined }));
    const { data, layout } = planAgainstRun(explanation, unmeasured);
    expect(data).toHaveLength(2);
    expect(layout.yaxis2).toBeUndefined();
  });

  test("refuses the traces of another run", () => {
    expect(() => planAgainstRun(explanation, [])).toThrow(InputError);
    expect(() => planAgainstRun(explanation, [])).toThrow(/expected the traces of stages conv1.*, got none/);
    expect(() => planAgainstRun(explanation, mnistSmall)).toThrow(/got conv1, square1, flatten/);
  });

  test("shows names as they are, not as markup", () => {
    const name = '<a href="https://a.test">x</a>';
    const [stage] = explanation.stages;
    const json = JSON.stringify(
      planAgainstRun({ ...explanation, model: name, stages: [{ ...stage, name }] }, [{ ...traces[0], name }]),
    );
    expect(json).not.toContain("<a ");
  });
});
