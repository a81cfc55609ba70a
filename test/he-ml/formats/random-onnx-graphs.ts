import type { NodeProto, TensorProto } from "onnx-buf";
import { InputError } from "../../../src/he-ml/errors.js";
import { readOnnx } from "../../../src/he-ml/formats/onnx/read.js";
import { modelForward, type Network } from "../../../src/he-ml/model/model.js";
import { onnxSession } from "../../../src/he-ml/node/onnx/run.js";
import { sizeOf, tensor, type Shape } from "../../../src/he-ml/tensor/tensor.js";
import { seededRandom } from "../support.js";
import {
  expectSameInFloat32,
  floats,
  ints,
  node,
  onnxFile,
  randomTensor,
  type AttributeValue,
} from "./onnx-support.js";

/** A node on a value of a shape, with its constants; most of them fit. */
interface Step {
  readonly op: string;
  readonly attributes?: Record<string, AttributeValue>;
  readonly constants?: readonly TensorProto[];
  /** Whether the constants come before the value. */
  readonly isBehind?: boolean;
}

type Below = (limit: number) => number;

/** A random order, but the one by which files of TensorFlow are known: their images are read with the channels first. */
const shuffled = (below: Below, length: number): number[] => {
  const list = Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = below(i + 1);
    [list[i], list[j]] = [list[j], list[i]];
  }
  return list.join() === "2,0,1" ? shuffled(below, length) : list;
};

/** Constants that broadcast against images of a shape. */
function broadcasting(below: Below, shape: Shape): Shape {
  const kept = shape.map((size) => (below(2) ? size : 1));
  return kept.slice(below(kept.length + 1));
}

/** A random step for images of a shape, which is without the batch. */
function stepOn(shape: Shape, below: Below, name: string): Step {
  const rank = shape.length;
  const axis = 1 + below(rank);
  const size = shape[axis - 1];
  const random = (s: Shape) => floats(name, randomTensor(s, below(1000)));
  const spatial = Math.max(1, rank - 1);
  const each = (most: number, least = 1) => Array.from({ length: spatial }, () => least + below(most));
  const kernel = Array.from({ length: spatial }, (_, i) => 1 + below(Math.min(3, shape[i + 1] ?? 1)));
  const window = () => ({
    ...(below(2) ? { strides: each(2) } : {}),
    ...(below(3) ? {} : { pads: [...each(2, 0), ...each(2, 0)] }),
    ...(below(4) ? {} : { dilations: each(2) }),
  });
  const steps: (() => Step)[] = [
    () => ({ op: "Transpose", attributes: { perm: [0, ...shuffled(below, rank).map((a) => a + 1)] } }),
    () => ({ op: "Flatten" }),
    () => ({ op: "Reshape", constants: [ints(name, [0, -1])] }),
    () => ({ op: "Reshape", constants: [ints(name, [-1, ...shuffled(below, rank).map((a) => shape[a])])] }),
    () => ({ op: "Reshape", constants: [ints(name, [-1, 1, ...shape])] }),
    () => ({ op: "Squeeze", constants: [ints(name, [axis])] }),
    () => ({ op: "Unsqueeze", constants: [ints(name, [1 + below(rank + 1)])] }),
    () => ({
      op: "Slice",
      constants: [ints(name, [below(size)]), ints(`${name}e`, [size]), ints(`${name}a`, [axis])],
    }),
    () => ({ op: "Gather", attributes: { axis }, constants: [ints(name, [below(size), below(size)])] }),
    () => ({
      op: below(2) ? "ReduceMean" : "ReduceSum",
      attributes: { keepdims: below(2) },
      constants: [ints(name, [axis])],
    }),
    () => ({ op: "Add", constants: [random(broadcasting(below, shape))], isBehind: below(2) === 1 }),
    () => ({ op: "Sub", constants: [random(broadcasting(below, shape))], isBehind: below(2) === 1 }),
    () => ({ op: "Mul", constants: [random(broadcasting(below, shape))], isBehind: below(2) === 1 }),
    () => ({ op: "Neg" }),
    () => ({ op: "Relu" }),
    () => ({
      op: "Clip",
      constants: [floats(name, tensor([], [-0.5])), floats(`${name}m`, tensor([], [0.25]))],
    }),
    () => ({ op: "Pow", constants: [floats(name, tensor([], [2]))] }),
    () => ({ op: "MatMul", constants: [random([shape.at(-1)!, 1 + below(4)])] }),
    () => ({ op: "MatMul", constants: [random([1 + below(4), shape.at(-2) ?? 1])], isBehind: true }),
    () => ({
      op: "BatchNormalization",
      constants: ["", "b", "m", "v"].map((part) =>
        floats(
          name + part,
          tensor(
            [shape[0]],
            Array.from({ length: shape[0] }, () => 0.5 + below(4)),
          ),
        ),
      ),
    }),
    () => ({ op: "Conv", attributes: window(), constants: [random([1 + below(3), shape[0], ...kernel])] }),
    () => ({
      op: "ConvTranspose",
      attributes: window(),
      constants: [random([shape[0], 1 + below(3), ...kernel])],
    }),
    () => ({
      op: below(2) ? "AveragePool" : "MaxPool",
      attributes: { kernel_shape: kernel, ceil_mode: below(2), ...window() },
    }),
    () => ({ op: "GlobalAveragePool" }),
    () => ({
      op: "Pad",
      attributes: { mode: ["constant", "edge", "reflect"][below(3)] },
      constants: [
        ints(name, [0, ...shape.map(() => below(2)), 0, ...shape.map(() => below(2))]),
        floats(`${name}v`, tensor([], [below(2)])),
      ],
    }),
    () => ({ op: "Softmax" }),
  ];
  return steps[below(steps.length)]();
}

export interface Outcome {
  readonly kind: "same" | "refused";
  readonly ops: string;
}

/**
 * A random graph of a few nodes, read and run, against onnxruntime. Shapes after each node are onnxruntime's.
 *
 * @returns whether it was refused; it fails where it gives something else than onnxruntime
 */
export async function checkRandomGraph(seed: number): Promise<Outcome> {
  const random = seededRandom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const input = [[2, 4, 5], [3, 6], [1, 5, 3], [6], [2, 1, 3, 2]][below(5)];
  const nodes: NodeProto[] = [];
  const initializers: TensorProto[] = [];
  let shape: Shape = input;
  const images = randomTensor([2, ...input], seed);
  const count = 1 + below(5);
  let expected = images;
  const fileOf = (steps: NodeProto[]) =>
    onnxFile({ input: ["n", ...input], nodes: steps, initializers, outputRank: 0, opset: 18 });
  for (let i = 0; nodes.length < count && i < 20; i++) {
    const { op, attributes, constants = [], isBehind } = stepOn(shape, below, `c${i}`);
    const value = nodes.length === 0 ? "input" : `v${nodes.length}`;
    const names = constants.map(({ name }) => name);
    const made = node(op, isBehind ? [...names, value] : [value, ...names], "output", attributes);
    const renamed = nodes.map((n, k) => ({ ...n, output: [`v${k + 1}`] }));
    initializers.push(...constants);
    const output = await run(fileOf([...renamed, made]), images).catch(() => undefined);
    if (!output || output.shape[0] !== 2 || output.shape.length < 2 || sizeOf(output.shape) === 0) continue;
    nodes.push(made);
    shape = output.shape.slice(1);
    expected = output;
  }
  const last = nodes.map((n, k) => ({ ...n, output: [k === nodes.length - 1 ? "output" : `v${k + 1}`] }));
  const ops = `${seed}: ${input.join("×")} ${last.map(({ opType }) => opType).join(" ")}`;
  let network: Network;
  try {
    network = readOnnx(fileOf(last));
  } catch (error) {
    if (error instanceof InputError) return { kind: "refused", ops: `${ops}: ${error.message}` };
    throw new Error(ops, { cause: error });
  }
  if (network.notes) return { kind: "refused", ops };
  const own = modelForward(network, { ...images, shape: [2, ...network.inputShape] }).at(-1)!;
  try {
    expectSameInFloat32(own, expected);
  } catch (error) {
    throw new Error(ops, { cause: error });
  }
  return { kind: "same", ops };
}

async function run(bytes: Uint8Array, images: Parameters<Awaited<ReturnType<typeof onnxSession>>["run"]>[0]) {
  const session = await onnxSession(bytes);
  try {
    return await session.run(images);
  } finally {
    await session.release();
  }
}
