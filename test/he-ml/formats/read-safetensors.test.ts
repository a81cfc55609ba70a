import { describe, expect, test } from "@jest/globals";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { InputError } from "../../../src/he-ml/errors.js";
import { loadModel } from "../../../src/he-ml/node/files/load-model.js";
import { readSafetensors } from "../../../src/he-ml/formats/safetensors.js";
import { modelForward } from "../../../src/he-ml/model/model.js";
import { tensor } from "../../../src/he-ml/tensor/tensor.js";
import { maxAbsDifference, thrownBy } from "../support.js";
import { safetensorsFile, type SafetensorsEntry } from "./safetensors-support.js";

const folder = new URL("../../fixtures/safetensors/", import.meta.url);
const path = (type: string) => fileURLToPath(new URL(`${type}.safetensors`, folder));
const { description, inputs, outputs } = JSON.parse(readFileSync(new URL("cases.json", folder), "utf8")) as {
  description: unknown;
  inputs: number[][];
  outputs: Record<string, number[][]>;
};

describe("a safetensors file with a description", () => {
  test.each(["F32", "F64", "F16", "BF16"])("gives what PyTorch gave, %s", async (type) => {
    const model = await loadModel(path(type), { description });
    expect(model.layers.map(({ kind, name }) => `${name} ${kind}`)).toEqual([
      "0 convolutional",
      "1 identity",
      "2 square",
      "3 averagePool",
      "4 identity",
      "5 flatten",
      "6 linear",
    ]);
    const logits = modelForward(model, tensor([2, 2, 8, 8], inputs.flat())).at(-1)!;
    expect(maxAbsDifference(logits.data, outputs[type].flat())).toBeLessThan(1e-5);
  });

  test("finds the description beside the file, and says so where there is none", async () => {
    const directory = mkdtempSync(join(tmpdir(), "he-ml-safetensors-"));
    const copy = join(directory, "net.safetensors");
    writeFileSync(copy, readFileSync(path("F32")));
    await expect(loadModel(copy)).rejects.toThrow(
      'model "net": a safetensors file holds weights without layers; give a description of the layers',
    );
    writeFileSync(join(directory, "net.layers.json"), JSON.stringify(description));
    expect((await loadModel(copy)).layers).toEqual((await loadModel(path("F32"), { description })).layers);
    rmSync(directory, { recursive: true });
  });
});

describe("what a safetensors file may hold", () => {
  const pair: SafetensorsEntry = { dtype: "F32", shape: [2], data_offsets: [0, 8] };
  const numbers = new Uint8Array(Float32Array.of(1.5, -2).buffer);

  test("tensors in any order, numbers and empty tensors, and padding behind the header", () => {
    const file = safetensorsFile(
      {
        b: { dtype: "I64", shape: [], data_offsets: [8, 16] },
        a: pair,
        empty: { dtype: "F16", shape: [0, 3], data_offsets: [8, 8] },
        __metadata__: { format: "pt" },
      },
      new Uint8Array([...numbers, ...new Uint8Array(BigInt64Array.of(-3n).buffer)]),
      "   ",
    );
    expect(readSafetensors(file)).toEqual(
      new Map([
        ["b", tensor([], [-3])],
        ["a", tensor([2], [1.5, -2])],
        ["empty", tensor([0, 3], [])],
      ]),
    );
  });

  test.each<[string, Record<string, unknown>, string]>([
    [
      "an overlap",
      { a: pair, b: { ...pair, data_offsets: [4, 12] } },
      'tensor "b": begins at byte 4, where byte 8',
    ],
    ["twice the same bytes", { a: pair, b: pair }, 'tensor "b": begins at byte 0, where byte 8'],
    ["a hole", { a: { ...pair, data_offsets: [4, 12] } }, 'tensor "a": begins at byte 4, where byte 0'],
    [
      "bytes that no tensor has",
      { a: { ...pair, shape: [1], data_offsets: [0, 4] } },
      "take 4 bytes, but 8 are there",
    ],
    [
      "a tensor beyond the file",
      { a: { ...pair, shape: [4], data_offsets: [0, 16] } },
      "take 16 bytes, but 8",
    ],
    ["a shape of another size", { a: { ...pair, shape: [3] } }, "takes 12 bytes, its offsets say 8"],
    ["offsets that run backwards", { a: { ...pair, data_offsets: [8, 0] } }, "its offsets say -8"],
    ["a shape beyond reason", { a: { ...pair, shape: [2 ** 40, 2 ** 40] } }, "takes 4.8"],
    ["negative sizes", { a: { ...pair, shape: [-1, -2] } }, 'tensor "a": shape.0'],
    ["a type of eight bits", { a: { ...pair, dtype: "F8_E4M3" } }, 'got "F8_E4M3"; save it as F32'],
    ["an entry that is none", { a: 5 }, 'tensor "a": the whole'],
  ])("refuses %s", (_what, header, message) => {
    const error = thrownBy(() => readSafetensors(safetensorsFile(header, numbers)));
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).message).toContain(message);
  });

  const lying = (length: bigint, rest = new Uint8Array(100)) =>
    new Uint8Array([...new Uint8Array(BigUint64Array.of(length).buffer), ...rest]);

  test.each<[string, Uint8Array, string]>([
    ["nothing", new Uint8Array(), "0 bytes that are too few"],
    ["seven bytes", new Uint8Array(7), "7 bytes that are too few"],
    ["a header longer than the file", lying(101n), "say 101"],
    ["a header of 16 exbibytes", lying(2n ** 64n - 1n), "say 18446744073709552000"],
    ["a header of nothing", lying(0n), "say 0"],
    ["a header that is no JSON", lying(100n), "expected a header of JSON"],
    ["a header that is a list", safetensorsFile([] as never, new Uint8Array()), "an object of tensors"],
  ])("refuses %s", (_what, bytes, message) => {
    const error = thrownBy(() => readSafetensors(bytes));
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).message).toContain(message);
  });

  test("refuses more numbers than a model can need before it makes room for them", () => {
    const count = 2 ** 25 + 1;
    const header = { a: { dtype: "U8", shape: [count], data_offsets: [0, count] } };
    const error = thrownBy(() => readSafetensors(safetensorsFile(header, new Uint8Array(count))));
    expect((error as InputError).message).toContain("expected at most 33554432 numbers, got 33554433");
  });
});
