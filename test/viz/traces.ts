import type { CiphertextState, LayerTrace } from "../../src/he-ml/layers/trace.js";
import type { ErrorStatistics } from "../../src/he-ml/tensor/error-statistics.js";

type OperationCounts = LayerTrace["ops"];

const noOperations: OperationCounts = {
  rotate: 0,
  multiplyPlain: 0,
  multiply: 0,
  square: 0,
  relinearize: 0,
  rescale: 0,
  add: 0,
};

export function errorOf(maxAbs: number, mean = maxAbs / 5): ErrorStatistics {
  return {
    maxAbs,
    mean,
    rms: mean * 1.3,
    p99: maxAbs * 0.8,
    argmax: 0,
    relativeToMax: maxAbs / 10,
    precisionBits: 12,
  };
}

export interface LayerSketch {
  readonly name: string;
  readonly kind?: string;
  readonly shape?: readonly number[];
  /** `[scaleBits, level]` at the output. */
  readonly after: readonly [scaleBits: number, level: number];
  readonly milliseconds?: number;
  readonly ops?: Partial<OperationCounts>;
  readonly maxAbs?: number;
}

/** Traces written by hand: a chain of data primes, the input's scale, and what each layer leaves. */
export function tracesOf(
  chain: readonly number[],
  inputScaleBits: number,
  sketches: readonly LayerSketch[],
): LayerTrace[] {
  const state = (scaleBits: number, level: number): CiphertextState => ({
    scaleBits,
    level,
    modulusBits: chain.slice(0, level).reduce((sum, bits) => sum + bits, 0),
  });
  let before = state(inputScaleBits, chain.length);
  return sketches.map((sketch, index) => {
    const after = state(...sketch.after);
    const trace: LayerTrace = {
      name: sketch.name,
      modelLayers: [index],
      kind: sketch.kind ?? "linear",
      packing: "batch",
      images: 100,
      shape: sketch.shape ?? [10],
      security: 128,
      evaluator: "seal",
      before,
      after,
      ...after,
      ciphertexts: 64,
      bytes: 64 * 393_216,
      ops: { ...noOperations, ...sketch.ops },
      milliseconds: sketch.milliseconds ?? 1,
      ...(sketch.maxAbs === undefined ? {} : { error: errorOf(sketch.maxAbs) }),
    };
    before = after;
    return trace;
  });
}

/** conv1 → square1 → flatten → fc1 → square2 → fc2 under `[50, 60, 48 | 60]`. */
export const mnistSmall = tracesOf([50, 60, 48], 20, [
  {
    name: "conv1",
    kind: "convolutional",
    shape: [4, 8, 8],
    after: [36, 3],
    milliseconds: 2140,
    ops: { multiplyPlain: 12_544, add: 12_288 },
    maxAbs: 2.4e-4,
  },
  {
    name: "square1",
    kind: "square",
    shape: [4, 8, 8],
    after: [24, 2],
    milliseconds: 1460,
    ops: { square: 256, relinearize: 256, rescale: 256 },
    maxAbs: 3.1e-3,
  },
  { name: "flatten", kind: "flatten", shape: [256], after: [24, 2], milliseconds: 0.02, maxAbs: 3.1e-3 },
  {
    name: "fc1",
    shape: [64],
    after: [40, 2],
    milliseconds: 1920,
    ops: { multiplyPlain: 16_384, add: 16_384 },
    maxAbs: 8.7e-3,
  },
  {
    name: "square2",
    kind: "square",
    shape: [64],
    after: [20, 1],
    milliseconds: 190,
    ops: { square: 64, relinearize: 64, rescale: 64 },
    maxAbs: 0.06,
  },
  { name: "fc2", after: [36, 1], milliseconds: 64.3, ops: { multiplyPlain: 640, add: 640 }, maxAbs: 0.15 },
]);

/** The eight layers of LeNet-1 with two squares. */
export const lenet1 = tracesOf([60, 40, 40, 40, 40, 40], 40, [
  {
    name: "conv1",
    kind: "convolutional",
    shape: [4, 24, 24],
    after: [40, 5],
    milliseconds: 5230,
    ops: { multiplyPlain: 57_600, rescale: 2304 },
    maxAbs: 1.2e-7,
  },
  {
    name: "square1",
    kind: "square",
    shape: [4, 24, 24],
    after: [40, 4],
    milliseconds: 18_400,
    ops: { square: 2304, relinearize: 2304, rescale: 2304 },
    maxAbs: 6.2e-7,
  },
  {
    name: "pool1",
    kind: "averagePool",
    shape: [4, 12, 12],
    after: [40, 4],
    milliseconds: 310,
    ops: { add: 1728 },
    maxAbs: 4.4e-7,
  },
  {
    name: "conv2",
    kind: "convolutional",
    shape: [12, 8, 8],
    after: [40, 3],
    milliseconds: 14_800,
    ops: { multiplyPlain: 76_800, rescale: 768 },
    maxAbs: 2.9e-6,
  },
  {
    name: "square2",
    kind: "square",
    shape: [12, 8, 8],
    after: [40, 2],
    milliseconds: 2800,
    ops: { square: 768, relinearize: 768, rescale: 768 },
    maxAbs: 3.8e-5,
  },
  {
    name: "pool2",
    kind: "averagePool",
    shape: [12, 4, 4],
    after: [40, 2],
    milliseconds: 84,
    ops: { add: 576 },
    maxAbs: 2.2e-5,
  },
  { name: "flatten", kind: "flatten", shape: [192], after: [40, 2], milliseconds: 0.03, maxAbs: 2.2e-5 },
  {
    name: "fc1",
    after: [40, 1],
    milliseconds: 412,
    ops: { multiplyPlain: 1920, add: 1920, rescale: 10 },
    maxAbs: 9.9e-5,
  },
]);
