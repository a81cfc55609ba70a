import type { Figure } from "../viz/figure.js";
import { measuredPlot, type MeasuredSeries } from "../viz/measured-plot.js";
import type { GrowthData, Grown } from "./growth-data.js";

const axes: Readonly<Record<Grown, string>> = {
  size: "image size (pixels a side)",
  channels: "channels (count)",
  depth: "depth (convolutions, each with a square)",
  precision: "precision asked for (bits)",
};

/** Three drawings for whatever grew: time, operations, bytes. */
export function growthFigures({ exact, measured }: GrowthData): { name: string; figure: Figure }[] {
  const grown = (Object.keys(axes) as Grown[]).filter((name) => exact.some((point) => point.grown === name));
  return grown.flatMap((name) => {
    const points = exact.flatMap((point, i) =>
      point.grown === name ? [{ ...point, ...measured[i], x: numberOf(name, point) }] : [],
    );
    const x = points.map((point) => point.x);
    // Channels and sizes grow by factors, depth and bits by steps.
    const isByFactors = name === "size" || name === "channels";
    const axis = { title: axes[name], log: isByFactors, ...(name === "precision" ? {} : { ticks: x }) };
    const plot = (title: string, y: string, series: readonly MeasuredSeries[]) =>
      measuredPlot(series, { title, x: axis, y: { title: y, log: true }, height: 460 });
    return [
      {
        name: `${name}-time`,
        figure: plot("Time of an inference", "time (ms)", [
          {
            name: "measured",
            x,
            y: points.map(({ milliseconds }) => milliseconds.mean),
            interval: points.map(({ milliseconds }) => milliseconds.confidence95),
          },
          {
            name: "predicted",
            x,
            y: points.map(({ predictedMilliseconds }) => predictedMilliseconds),
            open: true,
          },
        ]),
      },
      {
        name: `${name}-operations`,
        figure: plot("Operations of an inference", "operations (count)", [
          { name: "rotations", x, y: points.map(({ rotations }) => rotations) },
          { name: "products with weights", x, y: points.map(({ products }) => products) },
        ]),
      },
      {
        name: `${name}-bytes`,
        figure: plot("What travels", "size (MB)", [
          { name: "evaluation keys, once", x, y: points.map(({ bytes }) => bytes.evaluationKeys / 1e6) },
          { name: "input", x, y: points.map(({ bytes }) => bytes.input / 1e6) },
          { name: "output", x, y: points.map(({ bytes }) => bytes.output / 1e6) },
        ]),
      },
    ];
  });
}

function numberOf(grown: Grown, { network, relativeError }: GrowthData["exact"][number]): number {
  return grown === "precision" ? -Math.log2(relativeError) : network[grown];
}
