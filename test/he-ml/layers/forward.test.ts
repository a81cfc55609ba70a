import { beforeAll, describe, expect, test } from "@jest/globals";
import type { Ciphertext, Plaintext } from "../../../src/he-ml/crypto/ciphertext.js";
import { byteLength, type EncryptedTensor } from "../../../src/he-ml/crypto/encrypted-tensor.js";
import { noOperations, type OperationCounts } from "../../../src/he-ml/crypto/operation-counts.js";
import { layerPackings } from "../../../src/he-ml/crypto/packing.js";
import { modulusBits } from "../../../src/he-ml/crypto/parameters.js";
import { weightedSumMethod } from "../../../src/he-ml/crypto/weighted-sum.js";
import { InputError } from "../../../src/he-ml/errors.js";
import type { EncodedLayer } from "../../../src/he-ml/layers/encoded-layer.js";
import { forward, type ForwardOptions } from "../../../src/he-ml/layers/forward.js";
import type { RunProgress } from "../../../src/he-ml/layers/run.js";
import { averagePool } from "../../../src/he-ml/layers/functional/average-pool.js";
import { padding } from "../../../src/he-ml/layers/functional/padding.js";
import { linear } from "../../../src/he-ml/layers/linear.js";
import type { LayerTrace } from "../../../src/he-ml/layers/trace.js";
import type { ConvolutionalLayer } from "../../../src/he-ml/model/convolutional.js";
import type { LinearLayer } from "../../../src/he-ml/model/linear.js";
import { modelForward } from "../../../src/he-ml/model/model.js";
import { buildFromModel } from "../../../src/he-ml/program/build-from-model.js";
import { selectLayers } from "../../../src/he-ml/model/layer-range.js";
import { errorStatistics } from "../../../src/he-ml/tensor/error-statistics.js";
import {
  lazyParameters,
  maxAbsDifference,
  openClear,
  openSeal,
  randomTensor,
  rejectedBy,
  type SealSide,
  type Side,
} from "../support.js";
import { smallModel } from "./small-model.js";

const parameters = lazyParameters;
const images = randomTensor([2, 1, 4, 4], 9);
const plain = modelForward(smallModel, images);
const logits = plain.at(-1)!;

interface Ran {
  readonly traces: readonly LayerTrace[];
  readonly output: EncryptedTensor;
}

async function run(
  layers: readonly EncodedLayer[],
  input: EncryptedTensor,
  options?: ForwardOptions,
): Promise<Ran> {
  const traces: LayerTrace[] = [];
  const steps = forward(layers, input, options);
  for (;;) {
    const step = await steps.next();
    if (step.done) return { traces, output: step.value };
    traces.push(step.value);
  }
}

type Handle = Ciphertext | Plaintext;

/** How many of these still hold memory. */
function alive(handles: Iterable<Handle>): number {
  return [...handles].filter((c) => {
    const { handle } = c as unknown as { handle: { isDeleted(): boolean } };
    return !handle.isDeleted();
  }).length;
}

let seal: SealSide;
const clear = openClear(parameters);
beforeAll(async () => {
  seal = await openSeal(parameters);
});

describe("traces of a small model under [50, 60, 48 | 60], input scale 2^20, weights 2^16", () => {
  const [, , p2] = parameters.coeffModulus.map(Number);
  const bits = (level: number) => modulusBits(parameters, level);
  const squaredBits = 72 - Math.log2(p2);
  const states = {
    fresh: { level: 3, scaleBits: 20, modulusBits: bits(3) },
    conv1: { level: 3, scaleBits: 36, modulusBits: bits(3) },
    act1: { level: 2, scaleBits: squaredBits, modulusBits: bits(2) },
    pool1: { level: 2, scaleBits: squaredBits + 2, modulusBits: bits(2) },
    fc1: { level: 2, scaleBits: squaredBits + 18, modulusBits: bits(2) },
  };
  /** Weighted sums of each row of weights, so many times, each with a bias where there is one. */
  const sums = ({ weights, bias }: ConvolutionalLayer | LinearLayer, times: number) => {
    const [rows] = weights.shape;
    const size = weights.data.length / rows;
    const methods = Array.from({ length: rows }, (_, row) =>
      weightedSumMethod(
        [...weights.data.slice(row * size, (row + 1) * size)]
          .map((weight) => Math.round(weight * 2 ** parameters.weightScaleBits))
          .filter((integer) => integer !== 0),
      ),
    );
    const total = (of: "add" | "multiplyPlain") => methods.reduce((sum, method) => sum + method[of], 0);
    return { multiplyPlain: times * total("multiplyPlain"), add: times * (total("add") + (bias ? rows : 0)) };
  };
  // Counted by hand for one set of ciphertexts: two images in packing scalar take them twice.
  const expected: [
    Pick<LayerTrace, "name" | "kind" | "shape" | "before" | "after">,
    Partial<OperationCounts>,
  ][] = [
    [
      { name: "conv1", kind: "convolutional", shape: [2, 2, 2], before: states.fresh, after: states.conv1 },
      // 8 pixels of 9 weights: a sum and a bias each.
      sums(smallModel.layers[0] as ConvolutionalLayer, 4),
    ],
    [
      { name: "act1", kind: "square", shape: [2, 2, 2], before: states.conv1, after: states.act1 },
      { square: 8, relinearize: 8, rescale: 8 },
    ],
    [
      { name: "pool1", kind: "averagePool", shape: [2, 1, 1], before: states.act1, after: states.pool1 },
      { add: 6 },
    ],
    [{ name: "flat", kind: "flatten", shape: [2], before: states.pool1, after: states.pool1 }, {}],
    [
      { name: "fc1", kind: "linear", shape: [3], before: states.pool1, after: states.fc1 },
      sums(smallModel.layers[4] as LinearLayer, 1),
    ],
  ];

  describe.each(layerPackings)("packing %s", (packing) => {
    const sets = packing === "scalar" ? 2 : 1;

    test.each(["SEAL", "the clear twin"])("every field is right on %s", async (where) => {
      const side: Side = where === "SEAL" ? seal : clear;
      const input = side.encrypt(images, packing);
      const { traces, output } = await run(buildFromModel(side.evaluator, smallModel), input);
      expect(traces).toEqual(
        expected.map(([{ before, after, ...known }, ops], position) => ({
          ...known,
          modelLayers: [position],
          packing,
          images: 2,
          security: "teaching",
          before: closeTo(before),
          after: closeTo(after),
          ...closeTo(after),
          ciphertexts: sets * known.shape.reduce((product, size) => product * size, 1),
          bytes: expect.any(Number),
          ops: {
            ...noOperations,
            ...Object.fromEntries(Object.entries(ops).map(([name, count]) => [name, sets * count])),
          },
          milliseconds: expect.any(Number),
          error: undefined,
        })),
      );
      for (const { milliseconds } of traces) expect(milliseconds).toBeGreaterThanOrEqual(0);
      expect(maxAbsDifference(side.decrypt(output).data, logits.data)).toBeLessThan(0.05);
      expect([output.level, Math.log2(output.scale)]).toEqual([traces[4].level, traces[4].scaleBits]);
    });

    test("bytes are what each output takes when sent, up to a header of at most 200 bytes a ciphertext", async () => {
      const layers = buildFromModel(seal.evaluator, smallModel);
      let current = seal.encrypt(images, packing);
      for (const layer of layers) {
        const { traces, output } = await run([layer], current);
        const sent = byteLength(seal.server.save(output));
        const headers = sent - traces[0].bytes;
        expect(headers).toBeGreaterThan(0);
        expect(headers).toBeLessThan(200 * output.ciphertexts.length);
        current = output;
      }
    });
  });

  function closeTo(state: LayerTrace["after"]): LayerTrace["after"] {
    return { ...state, scaleBits: expect.closeTo(state.scaleBits, 9) as unknown as number };
  }

  test("are plain JSON", async () => {
    const { traces } = await run(
      buildFromModel(clear.evaluator, smallModel),
      clear.encrypt(images, "batch"),
      { twin: { input: images, decrypt: (tensor) => clear.decrypt(tensor) } },
    );
    expect(JSON.parse(JSON.stringify(traces))).toEqual(traces);
  });

  test("hold errors against the plain twin, and only where there is one", async () => {
    const input = seal.encrypt(images, "batch");
    const layers = buildFromModel(seal.evaluator, smallModel);
    const decryptions: ReturnType<typeof seal.decrypt>[] = [];
    const { traces } = await run(layers, input, {
      twin: {
        input: images,
        decrypt: (tensor) => {
          decryptions.push(seal.decrypt(tensor));
          return decryptions.at(-1)!;
        },
      },
    });
    expect(traces.map(({ error }) => error)).toEqual(
      plain.map((expectedOutput, i) => errorStatistics(decryptions[i], expectedOutput)),
    );
    for (const { error } of traces) {
      expect(error!.maxAbs).toBeGreaterThan(0);
      expect(error!.maxAbs).toBeLessThan(0.05);
    }
    const alone = await run(layers, input);
    expect(alone.traces.map(({ error }) => error)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe("a range of layers", () => {
  test("run in two parts, the second on what travelled, gives what the whole gives, and keeps model positions", async () => {
    const layers = buildFromModel(clear.evaluator, smallModel);
    const input = clear.encrypt(images, "scalar");
    const whole = await run(layers, input);
    const first = await run(selectLayers(layers, [0, 1, 2]), input);
    const second = await run(selectLayers(layers, [3, 4]), first.output);
    expect(clear.decrypt(second.output)).toEqual(clear.decrypt(whole.output));
    const unTimed = ({ traces }: Ran) => traces.map((trace) => ({ ...trace, milliseconds: 0 }));
    expect([...unTimed(first), ...unTimed(second)]).toEqual(unTimed(whole));
    expect(second.traces.map(({ modelLayers }) => modelLayers)).toEqual([[3], [4]]);
  });

  test("on SEAL, through the client's and the server's bytes", async () => {
    const layers = buildFromModel(seal.evaluator, smallModel);
    const first = await run(selectLayers(layers, [0, 1, 2]), seal.encrypt(images, "batch"));
    const travelled = seal.server.load(seal.server.save(first.output));
    const second = await run(selectLayers(layers, [3, 4]), travelled);
    expect(maxAbsDifference(seal.decrypt(second.output).data, logits.data)).toBeLessThan(0.05);
  });

  test("a layer that stands alone has the position it runs at", async () => {
    const layer = linear(clear.evaluator, { weights: randomTensor([2, 2], 1) });
    const { traces } = await run([layer, layer], clear.encrypt(randomTensor([1, 2], 2), "scalar"));
    expect(traces.map(({ modelLayers }) => modelLayers)).toEqual([[0], [1]]);
  });

  test("of no layers returns the input itself", async () => {
    const input = clear.encrypt(images, "scalar");
    expect(await run([], input)).toEqual({ traces: [], output: input });
  });
});

describe("memory", () => {
  test("a run frees every tensor between the layers, and neither the input nor the output", async () => {
    const made = watchHandles(seal);
    const input = seal.encrypt(images, "scalar");
    const { output } = await run(buildFromModel(seal.evaluator, smallModel), input);
    made.stop();
    expect(alive(input.ciphertexts)).toBe(input.ciphertexts.length);
    expect(alive(output.ciphertexts)).toBe(output.ciphertexts.length);
    expect(made.handles.size).toBeGreaterThan(30);
    expect(alive(made.handles)).toBe(output.ciphertexts.length);
  });

  test("padding, and a pool whose border divides by less, free what they compute with", async () => {
    const layers = [
      padding(seal.evaluator, { padding: { top: 1, bottom: 0, left: 0, right: 0 } }),
      averagePool(seal.evaluator, { kernelSize: 3, stride: 1, padding: 1, countIncludePad: false }),
    ];
    const made = watchHandles(seal);
    using input = seal.encrypt(images, "batch");
    const { output } = await run(layers, input);
    made.stop();
    expect(alive(made.handles)).toBe(output.ciphertexts.length);
  });

  test("leaving after a trace frees what the run holds", async () => {
    const made = watchHandles(seal);
    const input = seal.encrypt(images, "scalar");
    for await (const { name } of forward(buildFromModel(seal.evaluator, smallModel), input)) {
      if (name === "pool1") break;
    }
    made.stop();
    expect(alive(made.handles)).toBe(0);
    expect(alive(input.ciphertexts)).toBe(input.ciphertexts.length);
  });

  test("a twin that throws leaves nothing behind", async () => {
    const made = watchHandles(seal);
    const broken = () => {
      throw new Error("no key");
    };
    const input = seal.encrypt(images, "scalar");
    const error = await rejectedBy(() =>
      run(buildFromModel(seal.evaluator, smallModel), input, { twin: { input: images, decrypt: broken } }),
    );
    made.stop();
    expect(error).toEqual(new Error("no key"));
    expect(made.handles.size).toBeGreaterThan(0);
    expect(alive(made.handles)).toBe(0);
  });
});

/** Collects every ciphertext and plaintext that an evaluator makes until `stop`. */
function watchHandles(side: SealSide): { readonly handles: Set<Handle>; stop(): void } {
  const { evaluator } = side;
  // Whatever else derives a ciphertext copies it first.
  const watched = ["copy", "weightedSum", "encryptZero", "encodeScalar", "encode"] as const;
  const handles = new Set<Handle>();
  for (const name of watched) {
    const original = evaluator[name].bind(evaluator) as (...operands: never[]) => Handle;
    Object.defineProperty(evaluator, name, {
      configurable: true,
      value: (...operands: never[]) => {
        const made = original(...operands);
        handles.add(made);
        return made;
      },
    });
  }
  return {
    handles,
    stop: () => {
      for (const name of watched) Reflect.deleteProperty(evaluator, name);
    },
  };
}

describe("stopping and watching", () => {
  // 40 outputs of 400 products each take about a second: long enough to be stopped within.
  const wide = { weights: randomTensor([40, 400], 1) };
  let input: EncryptedTensor;
  beforeAll(() => {
    input = seal.encrypt(randomTensor([1, 400], 2), "scalar");
  });

  test("a signal stops a run within a layer, the iterator throws its reason, and all it made is freed", async () => {
    const made = watchHandles(seal);
    const layer = linear(seal.evaluator, wide);
    const controller = new AbortController();
    const reason = new Error("the user left");
    let progress: RunProgress | undefined;
    const before = seal.evaluator.operations;
    const error = await rejectedBy(() =>
      run([layer], input, {
        signal: controller.signal,
        onProgress: (now) => {
          progress ??= now;
          controller.abort(reason);
        },
      }),
    );
    made.stop();
    expect(error).toBe(reason);
    // It stopped at the turn at which it was told to, far from the end of the layer.
    expect(progress!.done).toBeLessThan(progress!.total);
    const additions = seal.evaluator.operations.add - before.add;
    expect(additions).toBeGreaterThan(progress!.done * 400);
    expect(additions).toBeLessThan((progress!.done + 1) * 400 * 17);
    expect(alive(made.handles)).toBe(0);
    expect(alive(input.ciphertexts)).toBe(400);
  });

  test("a signal from a timer gets its turn", async () => {
    const layer = linear(seal.evaluator, wide);
    const error = await rejectedBy(() => run([layer], input, { signal: AbortSignal.timeout(60) }));
    expect((error as Error).name).toBe("TimeoutError");
  });

  test("a signal that was given before stops the run before the first layer", async () => {
    const before = seal.evaluator.operations;
    const error = await rejectedBy(() =>
      run(buildFromModel(seal.evaluator, smallModel), seal.encrypt(images, "batch"), {
        signal: AbortSignal.abort(new Error("too late")),
      }),
    );
    expect(error).toEqual(new Error("too late"));
    expect(seal.evaluator.operations).toEqual(before);
  });

  test("a signal between two layers stops the run there and frees what it holds", async () => {
    const made = watchHandles(seal);
    const controller = new AbortController();
    const steps = forward(buildFromModel(seal.evaluator, smallModel), seal.encrypt(images, "batch"), {
      signal: controller.signal,
    });
    expect((await steps.next()).done).toBe(false);
    controller.abort(new Error("enough"));
    expect(await rejectedBy(() => steps.next())).toEqual(new Error("enough"));
    made.stop();
    expect(made.handles.size).toBeGreaterThan(0);
    expect(alive(made.handles)).toBe(0);
  });

  test("progress is told in ascending numbers, with names and positions", async () => {
    const layer = linear(seal.evaluator, { ...wide, name: "wide" });
    const told: RunProgress[] = [];
    await run([layer], input, { onProgress: (progress) => told.push(progress) });
    expect(told.length).toBeGreaterThan(1);
    for (const [i, progress] of told.entries()) {
      expect(progress).toEqual({
        layer: "wide",
        position: 0,
        layers: 1,
        done: expect.any(Number),
        total: 40,
      });
      expect(progress.done).toBeGreaterThan(told[i - 1]?.done ?? 0);
      expect(progress.done).toBeLessThanOrEqual(40);
    }
  });

  test("a watcher that throws ends the run with its error and leaves nothing behind", async () => {
    const made = watchHandles(seal);
    const layer = linear(seal.evaluator, wide);
    const error = await rejectedBy(() =>
      run([layer], input, {
        onProgress: () => {
          throw new Error("broken bar");
        },
      }),
    );
    made.stop();
    expect(error).toEqual(new Error("broken bar"));
    expect(made.handles.size).toBeGreaterThan(0);
    expect(alive(made.handles)).toBe(0);
  });
});

describe("input that does not fit", () => {
  test.each<[string, number[], string]>([
    [
      "channels",
      [3, 4, 4],
      `convolutional "conv1": input has 3 channels, weights expect 1; convert the image to grayscale first`,
    ],
    [
      "an image too small",
      [1, 2, 2],
      `convolutional "conv1": its window of 3×3 does not fit into the padded image of 2×2; ` +
        `give it a larger image, a smaller kernel or more padding`,
    ],
    [
      "a flat image",
      [16],
      `convolutional "conv1": expected an image [channels, height, width], got 16; such a layer comes before flatten`,
    ],
  ])("%s: refused with the layer, what was expected and what came", async (_, shape, message) => {
    const input = clear.encrypt(randomTensor([1, ...shape], 1), "batch");
    const error = await rejectedBy(() => run(buildFromModel(clear.evaluator, smallModel), input));
    expect(error).toEqual(new InputError(message));
  });

  test("a larger image is refused where its features no longer fit, and what was made is freed", async () => {
    const made = watchHandles(seal);
    const input = seal.encrypt(randomTensor([1, 1, 6, 6], 1), "batch");
    const error = await rejectedBy(() => run(buildFromModel(seal.evaluator, smallModel), input));
    made.stop();
    expect(error).toEqual(new InputError(`linear "fc1": input has 8 features, weights expect 2`));
    expect(made.handles.size).toBeGreaterThan(0);
    expect(alive(made.handles)).toBe(0);
  });

  test("a ciphertext that has spent its levels is refused with the layer and the chain", async () => {
    const fresh = clear.encrypt(images, "batch");
    for (const ciphertext of fresh.ciphertexts) {
      clear.evaluator.modSwitchToInplace(ciphertext, 1);
      clear.evaluator.setScaleInplace(ciphertext, 2 ** 36);
    }
    const error = await rejectedBy(() => run(buildFromModel(clear.evaluator, smallModel), fresh));
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(
      /^convolutional "conv1": the chain \[50, 60, 48 \| 60\] is too short/,
    );
  });
});
