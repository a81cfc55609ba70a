import type { Packing } from "../crypto/packing.js";
import type { CkksParameters, ParametersSpec } from "../crypto/parameters.js";
import type { RotationNeed } from "../crypto/rotation-keys.js";
import { slotOfEachValue, type SlotLayout } from "../crypto/slot-layout.js";
import { sizeOf, type Shape } from "../tensor/tensor.js";
import { selectLayers } from "../model/layer-range.js";
import { layerShapes, type Model } from "../model/model.js";
import { activationOf } from "./activation.js";
import type { Plan } from "./plan.js";

/**
 * All that a client needs to take part, as plain JSON, and nothing about the weights: how to make keys, how to pack and
 * encrypt, how to read the answer. (That a weight is zero can show in which slots an image is packed into.)
 *
 * @example
 * const client = await SecretContext.create(checkParameters(spec.parameters));
 * const keys = client.exportEvaluationKeys(spec.rotations);
 * const message = client.encrypt(image, spec);
 * const logits = client.decrypt({ ...answer, slotLayout: spec.outputSlotLayout });
 */
export interface ClientSpec {
  readonly parameters: ParametersSpec;
  readonly packing: Packing;
  /** Positions of the model's layers that the server computes. */
  readonly layers: readonly number[];
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** log2 of the scale at which inputs are encoded. */
  readonly scaleBits: number;
  /** Which slot holds which input, in packing `packed`. */
  readonly slotLayout?: SlotLayout;
  /** Which slot holds which output. */
  readonly outputSlotLayout?: SlotLayout;
  /** Rotation keys to make, each for use with at most so many data primes. */
  readonly rotations: readonly RotationNeed[];
  /** Whether the server multiplies ciphertexts, and so needs relinearization keys. */
  readonly relinearization: boolean;
}

/** What a client of this plan needs to know. */
export function clientSpec(plan: Plan): ClientSpec {
  const { parameters, input, stages, rotations, inputShape, outputShape } = plan;
  return {
    parameters: parametersSpec(parameters),
    packing: "packed",
    layers: stages.flatMap(({ modelLayers }) => modelLayers),
    inputShape,
    outputShape,
    scaleBits: parameters.scaleBits,
    slotLayout: input.map(withoutEmptyEnd),
    outputSlotLayout: oneSlotEach(stages.at(-1)!.output, sizeOf(outputShape)),
    rotations,
    relinearization: stages.some(({ activation }) => activation !== undefined),
  };
}

/** What a client of a layer-by-layer run needs to know. */
export function layerwiseClientSpec(
  model: Model,
  parameters: CkksParameters,
  packing: Exclude<Packing, "packed">,
  layers: readonly number[] = model.layers.map((_, index) => index),
): ClientSpec {
  const computed = selectLayers(model.layers, layers);
  const shapes = layerShapes(model);
  return {
    parameters: parametersSpec(parameters),
    packing,
    layers,
    inputShape: shapes[layers[0]],
    outputShape: shapes[layers[0] + layers.length],
    scaleBits: parameters.scaleBits,
    rotations: [],
    relinearization: computed.some((layer) => activationOf(layer) !== undefined),
  };
}

/** Checked parameters as people write them. */
export function parametersSpec(parameters: CkksParameters): ParametersSpec {
  const { scheme, polyModulusDegree, coeffModulusBits, scaleBits, weightScaleBits, security } = parameters;
  return {
    scheme,
    polyModulusDegree,
    coeffModulusBits: [...coeffModulusBits],
    scaleBits,
    weightScaleBits,
    security,
  };
}

function withoutEmptyEnd(held: ArrayLike<number>): number[] {
  const values = Array.from(held);
  return values.slice(0, values.findLastIndex((value) => value >= 0) + 1);
}

/** The layout without copies: a client reads each value once. */
function oneSlotEach(layout: SlotLayout, size: number): number[][] {
  const lean = layout.map((held) => new Array<number>(held.length).fill(-1));
  slotOfEachValue(layout, size).forEach(({ ciphertext, slot }, value) => (lean[ciphertext][slot] = value));
  return lean.map(withoutEmptyEnd);
}
