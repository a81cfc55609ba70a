import { describe, expect, test } from "@jest/globals";
import { join } from "node:path";
import type { EncryptedTensor } from "../../../src/he-ml/crypto/encrypted-tensor.js";
import { checkParameters } from "../../../src/he-ml/crypto/parameters.js";
import { InputError } from "../../../src/he-ml/errors.js";
import { loadNetwork } from "../../../src/he-ml/node/files/load-model.js";
import type { RunnableLayer } from "../../../src/he-ml/layers/encoded-layer.js";
import { forward } from "../../../src/he-ml/layers/forward.js";
import { collect } from "../../../src/he-ml/layers/run.js";
import type { Reencryptor } from "../../../src/he-ml/layers/functional/reencryption.js";
import { ChainTooShortError } from "../../../src/he-ml/layers/rescaling.js";
import { linearLayer } from "../../../src/he-ml/model/linear.js";
import { defineModel, modelForward } from "../../../src/he-ml/model/model.js";
import { squareLayer } from "../../../src/he-ml/model/square.js";
import { UnsupportedLayersError } from "../../../src/he-ml/model/unsupported-layers.js";
import { buildFromPytorch, reencryptPositionsFrom } from "../../../src/he-ml/program/build-from-pytorch.js";
import { selectLayers } from "../../../src/he-ml/model/layer-range.js";
import { maxAbs } from "../../../src/he-ml/tensor/tensor.js";
import {
  maxAbsDifference,
  openClear,
  openSeal,
  randomTensor,
  rejectedBy,
  thrownBy,
  type Side,
} from "../support.js";

/** Room for two multiplications; the network takes five. */
const parameters = checkParameters({
  polyModulusDegree: 1024,
  coeffModulusBits: [60, 40, 40, 60],
  scaleBits: 40,
  security: "teaching",
});
const network = defineModel({
  name: "deep",
  inputShape: [3],
  layers: [
    linearLayer({ name: "0", weights: randomTensor([3, 3], 1), bias: randomTensor([3], 2) }),
    squareLayer({ name: "1" }),
    linearLayer({ name: "2", weights: randomTensor([3, 3], 3) }),
    squareLayer({ name: "3" }),
    linearLayer({ name: "4", weights: randomTensor([2, 3], 4) }),
  ],
});
const images = randomTensor([4, 3], 5);

/** The client, beside the server. */
function clientOf(side: Side): Reencryptor & { calls: number } {
  return {
    calls: 0,
    async reencrypt(tensor: EncryptedTensor) {
      this.calls++;
      return Promise.resolve(side.encrypt(side.decrypt(tensor), tensor.packing));
    },
  };
}

const names = (layers: readonly RunnableLayer[]) => layers.map(({ layer }) => layer.name);

describe("a network deeper than the chain", () => {
  test("is refused without re-encryption, with a chain that would do", () => {
    const error = thrownBy(() => buildFromPytorch(openClear(parameters).evaluator, network));
    expect(error).toBeInstanceOf(ChainTooShortError);
    expect((error as Error).message).toMatch(/^linear "2": .* would do$/);
  });

  test.each(["SEAL", "the clear twin"])(
    "runs with it on %s, and the layers keep their numbers",
    async (kind) => {
      const side: Side = kind === "SEAL" ? await openSeal(parameters) : openClear(parameters);
      const reencryptor = clientOf(side);
      const layers = buildFromPytorch(side.evaluator, network, { reencryptPositions: [4, 2], reencryptor });
      expect(names(layers)).toEqual([
        "0",
        "1",
        "reencryption before 2",
        "2",
        "3",
        "reencryption before 4",
        "4",
      ]);
      for (const packing of ["batch", "scalar"] as const) {
        using input = side.encrypt(images, packing);
        const twin = { input: images, decrypt: (tensor: EncryptedTensor) => side.decrypt(tensor) };
        const { output, traces } = await collect(forward(layers, input, { twin }));
        const expected = modelForward(network, images).at(-1)!;
        using result = output;
        expect(maxAbsDifference(side.decrypt(result).data, expected.data)).toBeLessThan(
          0.01 * maxAbs(expected.data),
        );
        expect(traces.map(({ modelLayers }) => modelLayers)).toEqual([[0], [1], [], [2], [3], [], [4]]);
        expect(traces[2]).toMatchObject({
          name: "reencryption before 2",
          kind: "reencryption",
          shape: [3],
          before: { level: 1 },
          after: { level: 3, scaleBits: 40 },
          ops: { rescale: 0, relinearize: 0 },
        });
        expect(traces.every(({ error }) => error!.maxAbs < 0.01)).toBe(true);
      }
      expect(reencryptor.calls).toBe(4);
    },
  );

  test("is refused if a re-encryption comes too late, with the chain that would do with it", () => {
    const { evaluator } = openClear(parameters);
    const reencryptor = clientOf(openClear(parameters));
    const error = thrownBy(() =>
      buildFromPytorch(evaluator, network, { reencryptPositions: [3], reencryptor }),
    );
    expect((error as Error).message).toMatch(
      /^linear "2": .* with these scales \[60, 40, 40, 40 \| 60\] at .* would do$/,
    );
  });
});

describe("positions", () => {
  const { evaluator } = openClear(parameters);
  const reencryptor = clientOf(openClear(parameters));

  test.each([[[5]], [[-1]], [[1.5]], [[2, 2]]])("%j are refused", (reencryptPositions) => {
    const error = thrownBy(() => buildFromPytorch(evaluator, network, { reencryptPositions, reencryptor }));
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(
      /^reencryptPositions: expected different layers within 0–4, got \[/,
    );
  });

  test("want someone to do it", () => {
    const error = thrownBy(() => buildFromPytorch(evaluator, network, { reencryptPositions: [2] }));
    expect((error as Error).message).toMatch(/^reencryptPositions: expected a reencryptor with them/);
  });

  // The expected lists are what Python's `for position in rencrypt_positions: layers.insert(position, R)` leaves.
  test.each<[number[], number[]]>([
    [[], []],
    [[2], [2]],
    [
      [2, 5],
      [2, 4],
    ],
    [
      [4, 2],
      [2, 4],
    ],
    [[0, 1], [0]],
    [[3, 3], [3]],
    [
      [1, 3, 5],
      [1, 2, 3],
    ],
    [
      [5, 1, 8],
      [1, 5, 6],
    ],
  ])("PyCrCNN's rencrypt_positions %j of 8 layers mean before layers %j", (theirs, ours) => {
    expect(reencryptPositionsFrom(theirs, 8)).toEqual(ours);
  });

  test.each([[[8]], [[-1]], [[0, 9]], [[0.5]]])("rencrypt_positions %j of 8 layers are refused", (theirs) => {
    expect(thrownBy(() => reencryptPositionsFrom(theirs, 8))).toMatchObject({
      message: expect.stringMatching(
        /^rencrypt_positions: expected indices within 0–[78] of the list as it grows/,
      ),
    });
  });

  test("a range of layers counts the model's layers alone, and takes the re-encryption before its first along", () => {
    const layers = buildFromPytorch(evaluator, network, { reencryptPositions: [2, 4], reencryptor });
    expect(names(selectLayers(layers, [0, 1]))).toEqual(["0", "1"]);
    expect(names(selectLayers(layers, [2]))).toEqual(["reencryption before 2", "2"]);
    expect(names(selectLayers(layers, [1, 2, 3, 4]))).toEqual([
      "1",
      "reencryption before 2",
      "2",
      "3",
      "reencryption before 4",
      "4",
    ]);
    expect(thrownBy(() => selectLayers(layers, [4, 5]))).toBeInstanceOf(InputError);
  });
});

describe("a re-encryption", () => {
  const side = openClear(parameters);
  const build = (reencryptor: Reencryptor) =>
    buildFromPytorch(side.evaluator, network, { reencryptPositions: [2, 4], reencryptor })[2];

  test("cannot be called like the other layers: it waits for the client", () => {
    const layer = build(clientOf(side));
    const input = side.encrypt(images, "batch");
    for (const call of [() => layer(input), () => layer.open(input, (i) => input.ciphertexts[i])]) {
      expect(thrownBy(call)).toMatchObject({ message: expect.stringMatching(/call run, or use forward$/) });
    }
  });

  test("of whoever gives back something else is refused", async () => {
    const input = side.encrypt(images, "batch");
    const other = build({ reencrypt: () => Promise.resolve(side.encrypt(randomTensor([4, 2], 1), "batch")) });
    const stale = build({
      reencrypt: (tensor) => {
        const fresh = side.encrypt(side.decrypt(tensor), "batch");
        for (const ciphertext of fresh.ciphertexts) side.evaluator.modSwitchToInplace(ciphertext, 1);
        return Promise.resolve(fresh);
      },
    });
    for (const [layer, got] of [
      [other, "4 image(s) of 2"],
      [stale, "at level 1"],
    ] as const) {
      const error = await rejectedBy(() => layer.run(input));
      expect(error).toBeInstanceOf(InputError);
      expect((error as Error).message).toContain(got);
    }
  });
});

test("a network of PyTorch's that cannot be encrypted is refused by all its layers", async () => {
  const path = join("test", "fixtures", "torch", "plain-only.pt");
  const plainOnly = await loadNetwork(path, { inputShape: [1, 6, 6] });
  const error = thrownBy(() => buildFromPytorch(openClear(parameters).evaluator, plainOnly));
  expect(error).toBeInstanceOf(UnsupportedLayersError);
  expect((error as UnsupportedLayersError).layers.map(({ position }) => position)).toEqual([
    1, 2, 5, 6, 7, 8,
  ]);
});
