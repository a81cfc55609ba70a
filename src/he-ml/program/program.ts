import type { EvaluatorKind } from "../crypto/evaluator-kind.js";
import { parametersSpec, requireParameters, type CkksParameters } from "../crypto/parameters.js";
import type { KeyNeeds } from "../crypto/rotation-keys.js";
import { inWords, isObject, requireArgument } from "../arguments.js";
import { InputError } from "../errors.js";
import { layerShapes, requireNetwork, type Model } from "../model/model.js";
import { activationOf } from "../planner/stages/activation.js";
import type { PrimitiveCosts } from "../planner/search/costs.js";
import { defaultRelativeError } from "../planner/believed-scales.js";
import { requirePlan, type Plan } from "../planner/plan.js";
import { sizeOf } from "../tensor/tensor.js";
import {
  oneSlotEach,
  withDigest,
  withoutEmptyEnds,
  type ClientSpec,
  type TensorSpec,
} from "./client-spec.js";
import { digestOf } from "./digest.js";
import type { LayeredProgram, PackedProgram, ProgramContent } from "./program-content.js";
import { programFromJson, programToJson, type ProgramJson } from "./program-json.js";

/**
 * A model, or a range of its layers, planned for encrypted inference: parameters, packing, levels, scales, layouts and
 * rotations, all known before anything is encrypted. `compile` makes one; a `Server` runs it, and a `Client` takes part by
 * its `clientSpec`.
 *
 * @example
 * const program = await compile(await loadModel("lenet1"));
 * await writeFile("lenet1.program.json", JSON.stringify(program)); // with the weights: for servers, not for clients
 * const again = Program.fromJSON(JSON.parse(await readFile("lenet1.program.json", "utf8")));
 */
export class Program {
  /** All that a client needs to know. */
  readonly clientSpec: ClientSpec;

  /**
   * @param content what was planned
   * @param costs what operations cost on this machine, for predictions of time
   */
  constructor(
    readonly content: ProgramContent,
    readonly costs?: PrimitiveCosts,
  ) {
    requireContent(content);
    this.clientSpec = clientSpecOf(content);
  }

  /**
   * The program that computes a plan.
   *
   * @throws InputError if it is no plan, or one that goes on with what another one left: whose program that was only `compile` knows
   * @example Program.ofPlan(planModel(model, { splitAfter: [3] }))
   */
  static ofPlan(plan: Plan, costs?: PrimitiveCosts): Program {
    requirePlan("Program.ofPlan", plan);
    if (plan.continues) {
      throw new InputError(
        `Program.ofPlan: the plan goes on with the output of another program; use compile(model, { input: spec.output })`,
      );
    }
    const { model, evaluator, parameters, stages, inputRange } = plan;
    const layers = stages.flatMap(({ modelLayers }) => modelLayers);
    return new Program({ packing: "packed", model, evaluator, parameters, layers, plan, inputRange }, costs);
  }

  get model(): Model {
    return this.content.model;
  }

  get packing(): ProgramContent["packing"] {
    return this.content.packing;
  }

  get parameters(): CkksParameters {
    return this.content.parameters;
  }

  /** What it was planned for: whose costs and noise its predictions are. */
  get evaluator(): EvaluatorKind {
    return this.content.evaluator;
  }

  /** Positions of the model's layers that are computed. */
  get layers(): readonly number[] {
    return this.content.layers;
  }

  /** The plan, in packing `packed`. */
  get plan(): Plan | undefined {
    return this.content.packing === "packed" ? this.content.plan : undefined;
  }

  /**
   * The largest error at the output, relative to the largest output, that results are held against: what packing `packed`
   * was compiled for, or 0.01.
   */
  get relativeError(): number {
    return this.plan?.relativeError ?? defaultRelativeError;
  }

  /** Names the program: keys and encrypted tensors bear it. The weights are not in it. */
  get digest(): string {
    return this.clientSpec.digest;
  }

  /** The program as plain JSON, weights included: another server runs it without planning again. */
  toJSON(): ProgramJson {
    return programToJson(this.content, this.digest);
  }

  /**
   * Takes up what `toJSON` wrote. Every stage of a plan is run once on random integers, so that a layout or diagonal that
   * was changed is found.
   *
   * @throws InputError naming the field that is missing, unknown or does not fit
   */
  static fromJSON(json: unknown): Program {
    return programFromJson(json, (content) => new Program(content));
  }

  /** @throws InputError unless the value is a program */
  static require(what: string, value: unknown): asserts value is Program {
    if (value instanceof Program) return;
    throw new InputError(
      `${what}: expected a Program, got ${inWords(value)}; ` +
        `make one with compile(model), or with Program.fromJSON`,
    );
  }

  /** One line where it is printed. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    const { model, packing, layers, digest } = this;
    return (
      `Program { "${model.name}", packing ${packing}, layers ${layers[0]}–${layers.at(-1)}, ` +
      `digest ${digest.slice(0, 12)}… }`
    );
  }
}

function requireContent(content: unknown): void {
  const expected = "what was planned; make programs with compile(model), or with Program.fromJSON";
  requireArgument("Program", isObject(content), expected, content);
  const { packing, model, parameters, layers, ...rest } = content as Partial<
    Omit<LayeredProgram, "packing"> & Omit<PackedProgram, "packing"> & { readonly packing: unknown }
  >;
  requireNetwork("Program", model);
  requireParameters("Program", parameters);
  const isRange =
    Array.isArray(layers) && layers.length > 0 && layers.every((layer) => layer in model.layers);
  requireArgument("Program: layers", isRange, "positions of the model's layers", layers);
  if (packing === "packed") requirePlan("Program", rest.plan);
  else
    requireArgument(
      "Program: states",
      Array.isArray(rest.states) && rest.states.length > 0,
      expected,
      rest.states,
    );
}

function clientSpecOf(content: ProgramContent): ClientSpec {
  const { model, packing, layers, input, inputRange } = content;
  const [first, last] = [layers[0], layers.at(-1)!];
  const parameters = parametersSpec(content.parameters);
  const shapes = layerShapes(model);
  const ends = content.packing === "packed" ? packedEnds(content) : layeredEnds(content);
  const { level, scale, slotLayout } = ends.input;
  const [inputShape, outputShape] = [shapes[first], shapes[last + 1]];
  const isWhole = last === model.layers.length - 1;
  return withDigest({
    parameters,
    packing,
    layers,
    inputShape,
    inputRange,
    outputShape,
    scaleBits: Math.log2(scale),
    slotLayout,
    outputSlotLayout: ends.output.slotLayout && oneSlotEach(ends.output.slotLayout, sizeOf(outputShape)),
    ...ends.needs,
    input: { program: input?.program, end: input?.end ?? "input", level, scale },
    output: { end: "output", parameters, packing, shape: outputShape, nextLayer: last + 1, ...ends.output },
    computation: ends.computation,
    ...(isWhole && model.classNames ? { classNames: model.classNames } : {}),
  });
}

type TensorEnd = Pick<
  TensorSpec,
  "level" | "scale" | "slotLayout" | "predictedError" | "leftovers" | "relativeError"
>;

interface Ends {
  readonly input: TensorEnd;
  readonly output: TensorEnd;
  readonly needs: KeyNeeds;
  readonly computation: string;
}

function layeredEnds({ model, layers, states }: LayeredProgram): Ends {
  return {
    input: states[0],
    output: states.at(-1)!,
    needs: {
      rotations: [],
      relinearization: layers.some((index) => activationOf(model.layers[index]) !== undefined),
    },
    computation: digestOf(layers.map((layer, i) => ({ layer, state: states[i + 1] }))),
  };
}

function packedEnds({ plan }: PackedProgram): Ends {
  const { start, end, stages, rotations, relativeError: asked } = plan;
  const relativeError = asked === defaultRelativeError ? undefined : asked;
  const { output, predictedError, leftovers } = stages.at(-1)!;
  return {
    input: { ...start, slotLayout: withoutEmptyEnds(plan.input) },
    output: { ...end, slotLayout: withoutEmptyEnds(output), predictedError, leftovers, relativeError },
    needs: { rotations, relinearization: stages.some(({ activation }) => activation !== undefined) },
    computation: digestOf(
      stages.map(({ modelLayers, level, weightScaleBits, rescalesBefore, rescales, output: layout }) => ({
        modelLayers,
        level,
        weightScaleBits,
        rescalesBefore,
        rescales,
        layout,
      })),
    ),
  };
}
