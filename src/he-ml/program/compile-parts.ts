import { requireList, requireOptions } from "../arguments.js";
import { defaultEvaluator } from "../crypto/evaluator-kind.js";
import { checkParameters, maxCoeffModulusBits, type CkksParameters } from "../crypto/parameters.js";
import { byTable, type AskedSecurity, type SecureRing } from "../crypto/security-tables.js";
import { InputError } from "../errors.js";
import { cutBefore, selectLayers } from "../model/layer-range.js";
import { layerForward, requireNetwork, type Model } from "../model/model.js";
import { finishInTurns } from "../long-work.js";
import { defaultRelativeError } from "../planner/believed-scales.js";
import { measuredFor } from "../planner/plan.js";
import { chainsOfDegree, sharedScales, type SharedPart } from "../planner/shared-chain.js";
import type { Tensor } from "../tensor/tensor.js";
import { compileBy, type CompileOptions } from "./compile.js";
import { typical, type CostSource } from "./cost-source.js";
import { readPositions } from "./program-range.js";
import type { Program } from "./program.js";

/** As `CompileOptions`, for all parts together. */
export interface CompilePartsOptions extends Omit<CompileOptions, "input" | "keysOf"> {
  /** Numbers of the model's layers before which values are encrypted afresh; 0 says nothing, as images are fresh. */
  readonly reencryptPositions: readonly number[];
}

/**
 * How much more precise the parts before the last are planned to be than what is asked for at the end: their errors go
 * through squares behind them, each of which doubles an error relative to its value.
 */
const earlierParts = 1 / 4;

/**
 * Compiles a model in parts, between which whoever holds the key decrypts values and encrypts them afresh: all under one
 * set of parameters, which need carry no more than the deepest part. The price is a round trip to the client for each
 * re-encryption, and that the client sees the values there.
 *
 * @returns a program for each part, in order; `infer` takes them as they are, under one secret key
 * @throws InputError as `compile` does, naming the layer or stage that no chain of a part's carries
 * @example
 * const parts = await compileParts(model, { reencryptPositions: [3] });
 * const report = await infer(parts, images);
 */
export function compileParts(model: Model, options: CompilePartsOptions): Promise<Program[]> {
  return compilePartsBy(typical, model, options);
}

/** As `compileParts`, with the source of costs that are not given. */
export async function compilePartsBy(
  source: CostSource,
  model: Model,
  options: CompilePartsOptions,
): Promise<Program[]> {
  requireNetwork("compileParts", model);
  requireOptions("compileParts", options);
  const { reencryptPositions, samples, relativeError, ...rest } = options;
  requireList(
    "compileParts: reencryptPositions",
    reencryptPositions,
    "a list of layers' numbers",
    Number.isInteger,
  );
  readPositions(reencryptPositions, model);
  const all = model.layers.map((_, index) => index);
  const ranges = cutBefore(options.layers ? selectLayers(all, options.layers) : all, reencryptPositions);
  // What a chain that is given comes to is for whoever gives it to say.
  const isPacked = (rest.packing ?? "packed") === "packed";
  const asked = relativeError ?? (isPacked && !rest.parameters ? defaultRelativeError : undefined);
  const partOptions = ranges.map((layers, index) => ({
    ...{ ...rest, layers, reencryptPositions, security: undefined, securityTable: undefined },
    samples: samples && valuesBefore(model, ranges[0][0], layers[0], samples),
    relativeError: asked && (index === ranges.length - 1 ? 1 : earlierParts) * asked,
  }));
  const { security, securityTable } = rest;
  const compileOn = (parameters: CompileOptions["parameters"], asked: AskedSecurity = {}) =>
    oneByOne(partOptions, (part) => compileBy(source, model, { ...part, parameters, ...asked }));
  if (rest.parameters) return compileOn(rest.parameters, { security, securityTable });
  if (!isPacked) {
    const alone = await compileOn(undefined, { security, securityTable });
    const longest = alone
      .map(({ parameters }) => parameters)
      .sort(byLength)
      .at(-1)!;
    return compileOn(longest);
  }
  let problem: unknown;
  for await (const parameters of chainsFor(source, model, partOptions, { security, securityTable })) {
    try {
      return await compileOn(parameters);
    } catch (error) {
      // A trial shows more than was predicted.
      if (!(error instanceof InputError)) throw error;
      problem = error;
    }
  }
  throw (
    problem ??
    new InputError(
      `compileParts: no ${security ?? 128}-bit chain${byTable(securityTable)} carries the parts ${ranges.map((range) => `${range[0]}–${range.at(-1)}`).join(", ")} ` +
        `of model "${model.name}" as precisely as asked for; re-encrypt in more places, or ask for less precision`,
    )
  );
}

/** Parameters that are predicted to carry all parts, the shortest chain first. */
async function* chainsFor(
  source: CostSource,
  model: Model,
  parts: readonly CompileOptions[],
  { security = 128, securityTable }: AskedSecurity,
): AsyncGenerator<CkksParameters> {
  const { evaluator = defaultEvaluator } = parts[0];
  for (const polyModulusDegree of Object.keys(maxCoeffModulusBits).map(Number)) {
    const ring = { polyModulusDegree, security, securityTable };
    const chains = chainsOfDegree(ring, evaluator);
    if (polyModulusDegree < leastDegree || chains.length === 0) continue;
    let measured: SharedPart[];
    try {
      measured = await oneByOne(parts, (part) => measurePart(source, model, ring, chains[0], part));
    } catch (error) {
      // A stage does not fit into so few slots.
      if (!(error instanceof InputError) || polyModulusDegree === mostDegree) throw error;
      continue;
    }
    for (const chain of chains) {
      const parameters = sharedScales(ring, chain, measured);
      if (parameters) yield parameters;
    }
  }
}

const leastDegree = 4096;
const mostDegree = 32768;

async function measurePart(
  source: CostSource,
  model: Model,
  ring: SecureRing,
  coeffModulusBits: readonly number[],
  { signal, onProgress, relativeError, ...part }: CompileOptions,
): Promise<SharedPart> {
  const { layers, samples, fuse, mostInputCiphertexts, evaluator = defaultEvaluator } = part;
  const { valueRanges = model.valueRanges, costs = await source.planning(evaluator) } = part;
  const steps = measuredFor(model, {
    ...{ layers, samples, fuse, mostInputCiphertexts, evaluator, valueRanges, costs },
    parameters: checkParameters({ ...ring, coeffModulusBits, scaleBits: 20 }),
  });
  return { measured: await finishInTurns(steps, { signal, onProgress }), relativeError };
}

async function oneByOne<T, R>(items: Iterable<T>, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

/** What the layer at `to` reads, of images that the layer at `from` reads. */
function valuesBefore(model: Model, from: number, to: number, images: Tensor): Tensor {
  return model.layers.slice(from, to).reduce((values, layer) => layerForward(layer, values), images);
}

const byLength = (a: CkksParameters, b: CkksParameters): number =>
  a.polyModulusDegree - b.polyModulusDegree || a.levels - b.levels;
