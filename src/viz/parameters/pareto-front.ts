import type { ScatterData } from "plotly.js-dist-min";
import { isList, isObject, requireArgument } from "../../he-ml/arguments.js";
import { InputError } from "../../he-ml/errors.js";
import type { AdvicePoint, AdviceReport, MeasuredPoint } from "../../he-ml/parameters-tester/advice.js";
import { plainText, type Figure } from "../figure.js";
import { captioned } from "../captioned.js";
import { logAxis } from "../log-axis.js";
import { palette, themed } from "../theme.js";
import { megabytes, percent } from "../units.js";
import { inLines } from "./tested-sets.js";

const operation = "paretoFront";

/** By goal: what runs to the right. */
const axes = {
  latency: {
    title: "one image (server, ms)",
    of: ({ latencyMilliseconds }: MeasuredPoint) => latencyMilliseconds,
  },
  throughput: {
    title: "each of many images (server, ms)",
    of: ({ millisecondsPerImage }: MeasuredPoint) => millisecondsPerImage,
  },
  upload: {
    title: "sent for each of many images (MB)",
    of: ({ uploadBytesPerImage }: MeasuredPoint) => uploadBytesPerImage / 1e6,
  },
} as const;

/** In the order of the legend; recommended last, so that it lies on top. */
const looks = {
  misses: { name: "not as precise as asked for", color: palette.orange, open: "-open" },
  dominated: { name: "beaten by another", color: palette.sky, open: "-open" },
  front: { name: "worth taking", color: palette.blue, open: "" },
  recommended: { name: "recommended", color: palette.vermillion, open: "" },
} as const;

const symbols = {
  packed: "circle",
  batch: "square",
  scalar: "diamond",
} as const satisfies Readonly<Record<AdvicePoint["packing"], string>>;

/**
 * The points that an adviser ran: what its goal makes small to the right, the error upwards, both logarithmic. Nothing lies
 * below and left of the points worth taking that would do as well in all respects; a packing has a shape of its own.
 *
 * @param report what `advise` gives
 * @throws InputError if it is none, or no point of it ran
 * @example paretoFront(await advise(model, { goal: "throughput" }, { images }))
 */
export function paretoFront(report: AdviceReport): Figure {
  requireAdvice(report);
  const { points, goal, relativeError } = report;
  const { title, of } = axes[goal];
  const ran = points.flatMap(({ measured, ...point }) => (measured ? [{ ...point, measured }] : []));
  if (ran.length === 0) {
    throw new InputError(`${operation}: expected a point that ran, got none; see the points' reasons`);
  }
  const errors = ran.map(({ measured }) => measured.relativeError);
  const packings = [...new Set(ran.map(({ packing }) => packing))];
  const shapes = packings.map((packing) => `${shapeNames[packing]} ${packing}`).join(", ");
  return {
    data: (Object.keys(looks) as (keyof typeof looks)[]).flatMap((status) => {
      const held = ran.filter((point) => point.status === status);
      return held.length > 0 ? [markers(held, status, of)] : [];
    }),
    layout: themed({
      ...captioned("What there is to choose from", [
        shapes,
        `dashed: the error asked for, ${percent(relativeError)}`,
      ]),
      height: 480,
      xaxis: { ...logAxis(ran.map(({ measured }) => of(measured))), title: { text: title } },
      yaxis: {
        ...logAxis([...errors, relativeError]),
        title: { text: "largest error<br>(share of the largest output)" },
      },
      shapes: [
        {
          type: "line",
          xref: "paper",
          x0: 0,
          x1: 1,
          y0: relativeError,
          y1: relativeError,
          line: { dash: "dash", width: 2, color: palette.black },
          layer: "between",
        },
      ],
    }),
  };
}

const shapeNames: Readonly<Record<AdvicePoint["packing"], string>> = {
  packed: "●",
  batch: "■",
  scalar: "◆",
};

type Ran = AdvicePoint & { readonly measured: MeasuredPoint };

function markers(
  points: readonly Ran[],
  status: keyof typeof looks,
  of: (measured: MeasuredPoint) => number,
): Partial<ScatterData> {
  const { name, color, open } = looks[status];
  return {
    type: "scatter",
    mode: "markers",
    name,
    x: points.map(({ measured }) => of(measured)),
    y: points.map(({ measured }) => measured.relativeError),
    text: points.map(hover),
    hovertemplate: "%{text}<extra></extra>",
    marker: {
      color,
      symbol: points.map(({ packing }) => `${symbols[packing]}${open}` as const),
      size: status === "recommended" ? 16 : 11,
      line: { width: 2, color },
    },
    cliponaxis: false,
  };
}

function hover({ name, measured, reason, dominatedBy }: Ran): string {
  const { relativeError, latencyMilliseconds, millisecondsPerImage, uploadBytes, uploadBytesPerImage } =
    measured;
  return [
    plainText(name),
    `error ${percent(relativeError)}`,
    `${figures(latencyMilliseconds)} ms for one image, ${figures(millisecondsPerImage)} ms for each of many`,
    `sent: ${megabytes(uploadBytes)} for one, ${megabytes(uploadBytesPerImage)} for each of many, keys ` +
      megabytes(measured.keyBytes),
    ...(dominatedBy ? [`beaten by ${plainText(dominatedBy)}`] : []),
    ...(reason ? [inLines(reason)] : []),
  ].join("<br>");
}

const figures = (value: number) => String(Number(value.toPrecision(3)));

function requireAdvice(report: unknown): asserts report is AdviceReport {
  const { format, points, goal, relativeError } = (isObject(report) ? report : {}) as Partial<AdviceReport>;
  const isAdvice =
    format === "he-ml advice" &&
    isList(points) &&
    points.every((point: unknown) => isObject(point) && "status" in point && "packing" in point) &&
    typeof goal === "string" &&
    Object.hasOwn(axes, goal) &&
    typeof relativeError === "number";
  requireArgument(
    operation,
    isAdvice,
    "the report of advise; give it as it is, or read its file with JSON.parse",
    report,
  );
}
