import { beforeAll, describe, expect, test } from "@jest/globals";
import { byteLength } from "../../../src/he-ml/crypto/encrypted-tensor.js";
import { noOperations, type OperationCounts } from "../../../src/he-ml/crypto/operation-counts.js";
import { layerPackings } from "../../../src/he-ml/crypto/packing.js";
import { modulusBits } from "../../../src/he-ml/crypto/parameters.js";
import { weightedSumMethod } from "../../../src/he-ml/crypto/weighted-sum.js";
import { linear } from "../../../src/he-ml/layers/linear.js";
import type { LayerTrace } from "../../../src/he-ml/layers/trace.js";
import type { ConvolutionalLayer } from "../../../src/he-ml/model/convolutional.js";
import type { LinearLayer } from "../../../src/he-ml/model/linear.js";
import { modelForward } from "../../../src/he-ml/model/model.js";
import { buildFromModel } from "../../../src/he-ml/program/build-from-model.js";
import { selectLayers } from "../../../src/he-ml/model/layer-range.js";
import { errorStatistics } from "../../../src/he-ml/tensor/error-statistics.js";
import { maxAbsDifference, openSeal, randomTensor, type SealSide, type Side } from "../support.js";
import { smallModel } from "./small-model.js";
import { parameters, images, type Ran, run, clear } from "./forward.js";

const plain = modelForward(smallModel, images);

const logits = plain.at(-1)!;

let seal: SealSide;

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
          evaluator: side.evaluator.kind,
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
