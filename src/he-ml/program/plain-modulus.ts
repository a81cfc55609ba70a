import { requireArgument, requireList, requireOptions } from "../arguments.js";
import type { LevelAndScale } from "../crypto/ciphertext.js";
import { BoundCiphertext, CoefficientBounds } from "../crypto/bfv/coefficient-bounds.js";
import {
  anyBetween,
  exponents,
  hull,
  largestCoefficient,
  type CoefficientIntervals,
} from "../crypto/bfv/coefficient-intervals.js";
import { encodeFraction } from "../crypto/bfv/fractional-encoder.js";
import { mostPlainModulus, requireBfvParameters, type BfvParameters } from "../crypto/bfv/parameters.js";
import { InputError } from "../errors.js";
import { encodeLayer } from "../layers/encode.js";
import type { RunnableLayer } from "../layers/encoded-layer.js";
import { freshState } from "../layers/functional/reencryption.js";
import { describeLayer } from "../model/layer.js";
import { layerOutputShape, layerShapes, requireNetwork, type Layer, type Model } from "../model/model.js";
import { requireValueRanges, type ValueRange } from "../model/value-range.js";
import { sizeOf, type Shape } from "../tensor/tensor.js";
import type { ChainOptions } from "./chain.js";

/** A layer whose BFV coefficients can outgrow the plain modulus, or whose digits can meet: it would be silently wrong. */
export class CoefficientOverflowError extends InputError {
  override readonly name = "CoefficientOverflowError";

  constructor(
    message: string,
    /** The layer's position in its model. */
    readonly layer: number,
    /** A plain modulus above this would hold the coefficients of all layers. */
    readonly leastPlainModulus: number,
  ) {
    super(message);
  }
}

/** Values may be larger than those that were seen by this factor. */
const margin = 2;

/** What is assumed of images where nothing is known: normalised pixels. */
const assumed = { min: -1, max: 1 };

/** What is known between two layers. */
interface Bounds extends LevelAndScale {
  readonly intervals: CoefficientIntervals;
  readonly isFresh: boolean;
}

/**
 * Walks a model's layers with nothing encrypted, and bounds the coefficients that each can give: of all images whose values
 * stay within twice the ranges that were seen, with the weights' own digits. Bounds of a product of polynomials are products
 * of intervals, coefficient by coefficient.
 *
 * @param layers all of the model's, or a range of them, with re-encryptions between them
 * @param options ranges that the layers' values were seen in; where there are none, values in the fractional encoding have all
 *   digits that there are, and images for integers lie in ±1
 * @returns level and scale of the output of each layer
 * @throws CoefficientOverflowError naming the first layer whose coefficients can outgrow half the plain modulus, or whose
 *   digits before and behind the point can meet, and what would do
 * @example checkPlainModulus(layers, model, parameters, { valueRanges: model.valueRanges })
 * @throws InputError if a layer needs key switching that there is not, or a scale has no room
 */
export function checkPlainModulus(
  layers: readonly RunnableLayer[],
  model: Model,
  parameters: BfvParameters,
  options: Pick<ChainOptions, "valueRanges"> = {},
): LevelAndScale[] {
  const isLayer = (layer: unknown) => typeof layer === "function" && "outputState" in layer;
  requireList("checkPlainModulus", layers, "encoded layers, as buildFromModel gives them", isLayer);
  requireNetwork("checkPlainModulus", model);
  requireBfvParameters("checkPlainModulus", parameters);
  const { valueRanges = [] } = requireOptions("checkPlainModulus", options);
  requireValueRanges("checkPlainModulus", valueRanges);
  const walk = new Walk(parameters, valueRanges);
  let position = firstPosition(layers, model);
  let shape = layerShapes(model)[position];
  const nameBefore = () => (position === 0 ? "input" : model.layers[position - 1].name);
  let bounds = walk.fresh(nameBefore());
  let broken: { readonly layer: number; readonly message: string; readonly remedies: string[] } | undefined;
  let largest = 0;
  const states = layers.map((encoded): LevelAndScale => {
    const { layer } = encoded;
    const refreshed = () => walk.fresh(nameBefore(), bounds);
    if (layer.kind === "reencryption") {
      bounds = refreshed();
      return bounds;
    }
    const next = walk.behind(layer, shape, bounds);
    largest = Math.max(largest, largestCoefficient(next.intervals));
    const trouble = walk.troubleWith(next);
    if (trouble && !broken) {
      const helps = !bounds.isFresh && !walk.troubleWith(walk.behind(layer, shape, refreshed()));
      const remedies = helps ? ["re-encrypt before it"] : [];
      broken = { layer: position, message: `${describeLayer(layer)}: ${trouble}`, remedies };
    }
    // Where a scale has no room, the layer itself says so.
    if (!broken) encoded.outputState(bounds, shape);
    shape = layerOutputShape(layer, shape);
    bounds = next;
    position++;
    return next;
  });
  if (!broken) return states.map(({ level, scale }) => ({ level, scale }));
  const remedies = [...broken.remedies, ...walk.remedies(largest)];
  throw new CoefficientOverflowError(
    `${broken.message}; ${remedies.join(", or ")}`,
    broken.layer,
    2 * largest,
  );
}

/** Position in the model of the first layer. @throws InputError unless they are layers of this model */
function firstPosition(layers: readonly RunnableLayer[], model: Model): number {
  const own = layers.filter(({ layer }) => layer.kind !== "reencryption");
  const first = own[0]?.modelLayers?.[0] ?? 0;
  const isPart = own.every(({ layer }, i) => layer.name === model.layers[first + i]?.name);
  requireArgument(
    "checkPlainModulus",
    isPart,
    "layers of this model, as buildFromModel gives them, or a range of them",
    layers,
  );
  return first;
}

class Walk {
  readonly #he: CoefficientBounds;

  constructor(
    private readonly parameters: BfvParameters,
    private readonly valueRanges: readonly ValueRange[],
  ) {
    this.#he = new CoefficientBounds(parameters);
  }

  /** What is known of values that were just encrypted. @param name the layer that gave them, or `input` */
  fresh(name: string, before?: Bounds): Bounds {
    const state = freshState(this.parameters);
    const range = this.#rangeOf(name);
    return { ...state, intervals: this.#digitsOf(name, range, state.scale, before), isFresh: true };
  }

  #rangeOf(name: string): ValueRange | undefined {
    return this.valueRanges.find((range) => range.name === name);
  }

  #digitsOf(
    name: string,
    range: ValueRange | undefined,
    scale: number,
    before: Bounds | undefined,
  ): CoefficientIntervals {
    const { parameters } = this;
    if (parameters.encoding === "integers") {
      // Images have the sign that they have; what was seen inside says nothing of the other sign.
      if (name === "input") return integersWithin(range ?? assumed, margin * scale);
      if (range || !before) return integersWithin(eitherSign(range ?? assumed), margin * scale);
      const { low, high } = before.intervals;
      return integersWithin({ min: low[0] ?? 0, max: high[0] ?? 0 }, scale / before.scale);
    }
    const { base, integerDigits, fractionDigits } = parameters;
    const last = range ? lastExponent(range, parameters) : integerDigits - 1;
    const largest = Math.floor(base / 2);
    // Digits in base 2 have their value's sign, and of images it is known.
    const signs = base === 2 && name === "input" && range ? range : assumed;
    return anyBetween(-fractionDigits, last, signs.min < 0 ? -largest : 0, signs.max > 0 ? largest : 0);
  }

  /** What a layer makes of it, over all its outputs. */
  behind(layer: Layer, inputShape: Shape, { level, scale, intervals }: Bounds): Bounds {
    const input = new BoundCiphertext(intervals, scale);
    const packing = this.parameters.encoding === "integers" ? "batch" : "scalar";
    const at = { shape: inputShape, packing, images: 1, level, scale } as const;
    using run = encodeLayer(this.#he, layer).open(at, () => input);
    let all: BoundCiphertext | undefined;
    for (let index = 0; index < sizeOf(run.output.shape); index++) {
      const output = run.compute(index) as BoundCiphertext;
      if (all && all.intervals !== output.intervals) output.intervals = hull(all.intervals, output.intervals);
      all = output;
    }
    const made = all!;
    return {
      level,
      scale: made.scale,
      intervals: this.#seen(layer.name, made),
      isFresh: false,
    };
  }

  /** Integers are values times their scale, of which more is known where they were seen. */
  #seen(name: string, { intervals, scale }: BoundCiphertext): CoefficientIntervals {
    const range = this.#rangeOf(name);
    if (this.parameters.encoding !== "integers" || !range || intervals.low.length === 0) return intervals;
    const seen = integersWithin(eitherSign(range), margin * scale);
    const low = Math.max(intervals.low[0], seen.low[0]);
    const high = Math.max(low, Math.min(intervals.high[0], seen.high[0]));
    return anyBetween(0, 0, low, high);
  }

  /** Why what is so bounded cannot be decrypted; undefined if it can. */
  troubleWith({ intervals, scale }: Bounds): string | undefined {
    const { plainModulus, polyModulusDegree, encoding } = this.parameters;
    const largest = largestCoefficient(intervals);
    if (2 * largest >= plainModulus) {
      const what =
        encoding === "integers" ? `values at a scale of 2^${Math.log2(scale).toFixed(1)}` : "coefficients";
      return (
        `its ${what} can reach ${Math.ceil(largest)}, and plainModulus ${plainModulus} holds up to ` +
        `${Math.ceil(plainModulus / 2) - 1}`
      );
    }
    const [first, last] = exponents(intervals);
    const half = polyModulusDegree / 2;
    if (first >= -half && last < half) return undefined;
    return (
      `its digits can reach from X^${first} to X^${last}, and meet beyond X^${-half} and X^${half - 1} at ` +
      `polyModulusDegree ${polyModulusDegree}`
    );
  }

  /** What else would do for all layers, beside a re-encryption. */
  remedies(largest: number): string[] {
    const { plainModulus, encoding } = this.parameters;
    const less = encoding === "integers" ? "lower scaleBits or weightScaleBits" : "take fewer fractionDigits";
    const least = 2 * Math.ceil(largest);
    if (least < plainModulus) return ["take a larger polyModulusDegree", less];
    if (least >= mostPlainModulus) return [less];
    return [`take a plainModulus above ${least} (${Math.ceil(Math.log2(least))} bits)`, less];
  }
}

type Range = Pick<ValueRange, "min" | "max">;

const integersWithin = ({ min, max }: Range, factor: number): CoefficientIntervals =>
  anyBetween(0, 0, Math.floor(Math.min(0, min * factor)), Math.ceil(Math.max(0, max * factor)));

function eitherSign({ min, max }: Range): Range {
  const largest = Math.max(Math.abs(min), Math.abs(max));
  return { min: -largest, max: largest };
}

/** Exponent of the first digit of the largest value that a range allows. */
function lastExponent({ min, max }: ValueRange, parameters: BfvParameters): number {
  if (parameters.encoding !== "fractional") return 0;
  const largest = margin * eitherSign({ min, max }).max;
  const { lowest, coefficients } = encodeFraction(largest, parameters);
  return lowest + coefficients.length - 1;
}
