import { parametersSpec } from "../../../he-ml/crypto/parameters.js";
import {
  checkParameters,
  compile,
  convolutionalLayer,
  defineModel,
  flattenLayer,
  linearLayer,
  modelForward,
  squareLayer,
  tensor,
  type Model,
  type Program,
  type Tensor,
} from "../../../he-ml/index.js";
import { fromBase64 } from "../../../he-ml/network/nested-base64.js";
import type { Random } from "../exercise.js";

// A network that is small enough to be encrypted, computed and decrypted within a check: 1×4×4 → 2×2×2 → square → 3.

const parameters = parametersSpec(
  checkParameters({
    polyModulusDegree: 1024,
    coeffModulusBits: [50, 60, 48, 60],
    scaleBits: 20,
    weightScaleBits: 16,
    security: "teaching",
  }),
);

/** The layer before which the network is cut. */
const cut = 2;
const inputShape = [1, 4, 4];
const outputs = 3;

/** Between −1 and 1, and none near 0. */
const weight = (random: Random) => (random() < 0.5 ? -1 : 1) * (0.2 + 0.8 * random());
const weights = (shape: readonly number[], random: Random) =>
  tensor(
    shape,
    Array.from({ length: shape.reduce((size, side) => size * side, 1) }, () => weight(random)),
  );

/** With weights that nobody has seen before. */
export function smallNetwork(random: Random): Model {
  return defineModel({
    name: "small",
    inputShape,
    layers: [
      convolutionalLayer({ name: "conv1", weights: weights([2, 1, 3, 3], random) }),
      squareLayer({ name: "square1" }),
      flattenLayer({ name: "flatten" }),
      linearLayer({
        name: "fc1",
        weights: weights([outputs, 8], random),
        bias: weights([outputs], random),
      }),
    ],
  });
}

/** One image for it, of pixels from 0 to 1. */
export const smallImage = (random: Random): Tensor =>
  tensor(
    [1, ...inputShape],
    Array.from({ length: 16 }, () => random()),
  );

export const wholeProgram = (network: Model): Promise<Program> => compile(network, { parameters });

/** Two programs, of which the second goes on where the first ends. */
export async function twoPrograms(network: Model): Promise<readonly [Program, Program]> {
  const layers = network.layers.map((_, index) => index);
  const first = await compile(network, { parameters, layers: layers.slice(0, cut) });
  const rest = { layers: layers.slice(cut), input: first.clientSpec.output };
  return [first, await compile(network, rest)];
}

/** The plain network's outputs for one image. */
export const plainLogits = (network: Model, image: Tensor): readonly number[] => [
  ...modelForward(network, image).at(-1)!.data,
];

/** Of the largest logit: more than an encrypted run is off, and less than any mistake. */
export const logitTolerance = 0.03;

/** The first logit that is off, in words; undefined where all are right. */
export function wrongLogit(expected: readonly number[], got: readonly number[]): string | undefined {
  const most = logitTolerance * Math.max(1, ...expected.map(Math.abs));
  const at = expected.findIndex((logit, i) => !(Math.abs(got[i] - logit) <= most));
  if (at < 0) return undefined;
  return `logit ${at} is ${Number(got[at]).toPrecision(3)}, and ${expected[at].toPrecision(3)} without encryption`;
}

/** @throws InputError unless it is base64 */
export const bytesOf = (text: string): Uint8Array => fromBase64("bytes", text);
