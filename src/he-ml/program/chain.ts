import { isObject, requireArgument, requireList, requireOptions } from "../arguments.js";
import type { LevelAndScale } from "../crypto/ciphertext.js";
import { ClearEvaluator } from "../crypto/clear-evaluator.js";
import { headroomBits } from "../crypto/noise.js";
import {
  checkParameters,
  formatChain,
  modulusBits,
  requireParameters,
  type CkksParameters,
} from "../crypto/parameters.js";
import {
  byTable,
  maxCoeffModulusBits,
  mostModulusBits,
  securityTable as tableOf,
  type AskedSecurity,
} from "../crypto/security-tables.js";
import { InputError } from "../errors.js";
import { encodeLayer } from "../layers/encode.js";
import type { RunnableLayer } from "../layers/encoded-layer.js";
import { freshState } from "../layers/functional/reencryption.js";
import { ChainTooShortError } from "../layers/rescaling.js";
import { selectLayers } from "../model/layer-range.js";
import { layerOutputShape, layerShapes, requireNetwork, type Model } from "../model/model.js";
import { requireValueRanges, type ValueRange } from "../model/value-range.js";

export interface ChainOptions {
  /** Ranges that the layers' values were seen in. */
  readonly valueRanges?: readonly ValueRange[];
  /** Level and scale of the input, where it is not fresh. */
  readonly start?: LevelAndScale;
}

/**
 * Walks the model along the modulus chain with nothing encrypted.
 *
 * @param layers all of the model's, or a range of them, whose input has the model's input shape
 * @returns level and scale of the output of each layer
 * @throws ChainTooShortError naming the first layer the chain cannot carry, and a chain that would do
 * @throws InputError if these are no encoded layers, model, parameters or ranges
 */
export function checkChain(
  layers: readonly RunnableLayer[],
  model: Model,
  parameters: CkksParameters,
  options: ChainOptions = {},
): LevelAndScale[] {
  const isLayer = (layer: unknown) => typeof layer === "function" && "outputState" in layer;
  requireList("checkChain", layers, "encoded layers, as buildFromModel gives them", isLayer);
  requireNetwork("checkChain", model);
  requireParameters("checkChain", parameters);
  const { valueRanges = [], start } = requireOptions("checkChain", options);
  requireValueRanges("checkChain", valueRanges);
  requireArgument(
    "checkChain: start",
    start === undefined || isObject(start),
    "where the input stands, as { level, scale }",
    start,
  );
  try {
    return walk(layers, model, parameters, valueRanges, start);
  } catch (error) {
    if (!(error instanceof ChainTooShortError)) throw error;
    if (start && start.level < parameters.levels) {
      throw new ChainTooShortError(
        `${error.message}; give the program before it parameters with more primes, and compile both anew`,
      );
    }
    const plain = layers.map(({ layer }) => layer);
    const security = securityOf(parameters);
    const remedy = findLongerChain(plain, model, parameters, valueRanges, security);
    throw new ChainTooShortError(
      remedy
        ? `${error.message}; with these scales ${formatChain(remedy)} at polyModulusDegree ` +
            `${remedy.polyModulusDegree} would do`
        : `${error.message}; no ${security.security}-bit chain${byTable(security.securityTable)} up to polyModulusDegree 32768 carries this model at ` +
            `these scales; lower scaleBits, use a shallower model, or compile it in packing packed`,
      remedy,
    );
  }
}

/** A range of a model's layers under parameters. */
export interface LayerRange {
  readonly model: Model;
  readonly parameters: CkksParameters;
  readonly layers: readonly number[];
}

/**
 * Level and scale of the input of a range of layers, and of the output of each.
 *
 * @throws ChainTooShortError as `checkChain` does
 */
export function layerStates(
  { model, parameters, layers }: LayerRange,
  { valueRanges, start = freshState(parameters) }: ChainOptions,
): LevelAndScale[] {
  const he = new ClearEvaluator(parameters);
  const encoded = selectLayers(model.layers, layers).map((layer) => encodeLayer(he, layer));
  const part = { ...model, inputShape: layerShapes(model)[layers[0]] };
  const states = checkChain(encoded, part, parameters, { valueRanges, start });
  return [{ level: start.level, scale: start.scale }, ...states];
}

/** What a walk asks of a layer. */
type Step = Pick<RunnableLayer, "layer" | "outputState">;

function walk(
  layers: readonly Step[],
  model: Model,
  parameters: CkksParameters,
  valueRanges: readonly ValueRange[],
  start = freshState(parameters),
): LevelAndScale[] {
  let shape = model.inputShape;
  let state = start;
  requireHeadroom("input", state);
  return layers.map(({ layer, outputState }) => {
    state = outputState(state, shape);
    if (layer.kind !== "reencryption") shape = layerOutputShape(layer, shape);
    requireHeadroom(layer.name, state);
    return state;
  });

  function requireHeadroom(name: string, { level, scale }: LevelAndScale): void {
    const range = valueRanges.find((candidate) => candidate.name === name);
    const largest = range ? Math.max(Math.abs(range.min), Math.abs(range.max)) : 0;
    if (largest === 0 || headroomBits(parameters, level, scale, largest) >= 0) return;
    throw new ChainTooShortError(
      `"${name}": values up to ${largest.toPrecision(3)} at a scale of 2^${Math.log2(scale).toFixed(1)} outgrow the ` +
        `${modulusBits(parameters, level).toFixed(0)} bits left at level ${level} of ${formatChain(parameters)}`,
    );
  }
}

type Scales = Pick<CkksParameters, "coeffModulusBits" | "scaleBits" | "weightScaleBits">;

export interface ParametersChoice extends AskedSecurity {
  /** Parameters whose scales and sizes of primes are kept, as a model brings them; those of SEAL's examples if left out. */
  readonly scalesOf?: Scales;
}

/**
 * Parameters for a model that comes without any: a 60-bit first and special prime, and 40-bit scales with a 40-bit
 * prime for each multiplication, the usual choice of SEAL's own examples.
 *
 * @see https://github.com/microsoft/SEAL/blob/4.1.2/native/examples/5_ckks_basics.cpp
 * @throws ChainTooShortError if no chain of the asked security carries the model
 * @throws InputError if it is no model, or the ranges or options are none
 * @example chooseParameters(model, model.valueRanges, { security: 192 })
 */
export function chooseParameters(
  model: Model,
  valueRanges: readonly ValueRange[] = [],
  options: ParametersChoice = {},
): CkksParameters {
  requireNetwork("chooseParameters", model);
  requireValueRanges("chooseParameters", valueRanges);
  const { security = 128, securityTable, scalesOf } = requireOptions("chooseParameters", options);
  tableOf(security, securityTable);
  const shortest: Scales = scalesOf ?? { coeffModulusBits: [60, 40, 60], scaleBits: 40, weightScaleBits: 40 };
  const asked = { security, securityTable };
  const chosen = findLongerChain(model.layers, model, shortest, valueRanges, asked);
  if (chosen) return chosen;
  throw new ChainTooShortError(
    `model "${model.name}": no ${security}-bit chain${byTable(securityTable)} up to polyModulusDegree 32768 carries it at ` +
      `${shortest.scaleBits}-bit scales; ` +
      `give parameters with smaller scales, use a shallower model, or packing packed`,
  );
}

/** The security that parameters hold; 128 bits for those that promise none, as more is what is looked for. */
const securityOf = ({ security, securityTable }: CkksParameters) => ({
  security: security === "teaching" ? (128 as const) : security,
  securityTable,
});

/** The same scales on a chain with more primes, at the smallest degree that carries it with the asked security. */
function findLongerChain(
  layers: readonly Step["layer"][],
  model: Model,
  { scaleBits, weightScaleBits, coeffModulusBits }: Scales,
  valueRanges: readonly ValueRange[],
  asked: AskedSecurity,
): CkksParameters | undefined {
  const special = coeffModulusBits.at(-1)!;
  const data = coeffModulusBits.slice(0, -1);
  for (const polyModulusDegree of Object.keys(maxCoeffModulusBits).map(Number)) {
    for (let primes = data.length; ; primes++) {
      const longer = Array.from({ length: primes }, (_, i) => data[i] ?? data.at(-1)!).concat(special);
      if (longer.reduce((sum, bits) => sum + bits, 0) > mostModulusBits({ polyModulusDegree, ...asked }))
        break;
      try {
        const candidate = checkParameters({
          polyModulusDegree,
          ...asked,
          coeffModulusBits: longer,
          scaleBits,
          weightScaleBits,
        });
        const he = new ClearEvaluator(candidate);
        const steps = layers.map((layer): Step =>
          layer.kind === "reencryption"
            ? { layer, outputState: () => freshState(candidate) }
            : encodeLayer(he, layer),
        );
        walk(steps, model, candidate, valueRanges);
        return candidate;
      } catch (error) {
        // Too short still, or there are too few primes of these sizes at this degree.
        if (!(error instanceof InputError)) throw error;
      }
    }
  }
  return undefined;
}
