import { isObject, requireArgument, requireList } from "../../he-ml/arguments.js";
import { captioned } from "../captioned.js";
import { requireFinite, requireSome } from "../check.js";
import { plainText, type Figure } from "../figure.js";
import { linePlot } from "../line-plot.js";
import { withSlider } from "../slider.js";

/** An activation, drawn at some x. */
export interface DrawnActivation {
  readonly name: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** One polynomial in an activation's place. */
export interface ActivationFit {
  /** How it was found, in a word or two. */
  readonly name: string;
  /** At each x of the activation. */
  readonly y: readonly number[];
  /** On the interval. */
  readonly largestError: number;
  /** Share of images that a network with it reads rightly, from 0 to 1. */
  readonly accuracy: number;
}

/** Polynomials of one degree, for one interval ±reach. */
export interface FitStep {
  readonly degree: number;
  readonly reach: number;
  /** That the polynomial takes under encryption. */
  readonly levels: number;
  readonly fits: readonly ActivationFit[];
}

const operation = "activationFits";
/** What is much larger than an activation need not be drawn in full. */
const tallest = 20;

/**
 * Polynomials beside the activation that they stand for. A slider moves over degrees and intervals; the figure says how far
 * off each polynomial is on the interval, how many levels it takes, and how well a network with it reads.
 *
 * @param start index of the step that is shown first
 * @throws InputError if there is no step, a number is none, or a polynomial has not one y for each x
 * @example activationFits({ name: "tanh x", x, y }, [{ degree: 3, reach: 2, levels: 2, fits: [{ name: "Taylor", y: cubic, largestError: 0.6, accuracy: 0.1 }] }])
 */
export function activationFits(activation: DrawnActivation, steps: readonly FitStep[], start = 0): Figure {
  const isDrawn = isObject(activation) && Array.isArray(activation.x) && Array.isArray(activation.y);
  requireArgument(operation, isDrawn, "an activation, as { name, x, y }", activation);
  requireSome(operation, "step", steps);
  steps.forEach(requireStep);
  return withSlider(
    "interval, degree:",
    steps.map((step) => ({
      label: `±${step.reach}, ${step.degree}`,
      figure: figureOf(activation, step),
    })),
    start,
  );
}

function requireStep(step: FitStep): void {
  requireArgument(operation, isObject(step), "steps, each { degree, reach, levels, fits }", step);
  requireFinite(operation, "degree, reach and levels", [step.degree, step.reach, step.levels]);
  const isFit = (fit: unknown) => isObject(fit) && "y" in fit && Array.isArray(fit.y) && "name" in fit;
  requireList(operation, step.fits, "a list of fits, each { name, y, largestError, accuracy }", isFit);
  requireFinite(
    operation,
    "largestError and accuracy",
    step.fits.flatMap(({ largestError, accuracy }) => [largestError, accuracy]),
  );
}

function figureOf({ name, x, y }: DrawnActivation, { degree, reach, levels, fits }: FitStep): Figure {
  const drawn = fits.map((fit) => ({ name: fit.name, x, y: fit.y.map(rounded) }));
  const { data, layout } = linePlot([{ name, x, y: y.map(rounded) }, ...drawn], {
    title: name,
    x: { title: "input of the activation" },
    y: { title: "output", range: [-2, 2] },
  });
  const caption = captioned(plainText(`${name}: degree ${degree} on ±${reach}`), [
    `${levels} ${levels === 1 ? "level" : "levels"}`,
    ...fits.map(
      (fit) =>
        `${plainText(fit.name)}: off by ${shortOf(fit.largestError)}, ${(100 * fit.accuracy).toFixed(1)} % right`,
    ),
  ]);
  return {
    data,
    layout: { ...layout, ...caption, height: 560, shapes: [intervalShade(reach)] },
  };
}

const rounded = (value: number) => Number(Math.max(-tallest, Math.min(tallest, value)).toPrecision(4));
const shortOf = (error: number) => (error >= 1000 ? error.toExponential(0) : error.toPrecision(2));

const intervalShade = (reach: number) =>
  ({
    type: "rect",
    layer: "below",
    x0: -reach,
    x1: reach,
    y0: 0,
    y1: 1,
    yref: "paper",
    fillcolor: "rgba(128, 128, 128, 0.18)",
    line: { width: 0 },
  }) as const;
