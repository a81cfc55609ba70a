import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { csvImages } from "../../src/cli/csv-images.js";
import { jsonImages, jsonImageShape } from "../../src/cli/json-images.js";
import { readNpy } from "../../src/cli/npy.js";
import { npyImages, npyImageShape } from "../../src/cli/npy-images.js";
import { InputError } from "../../src/he-ml/errors.js";
import { readOwnTable } from "../../src/train/own-table.js";
import { featureScales, standardisedRows } from "../../src/train/standardised.js";
import { npy } from "./npy.js";
import { temporaryFolder, writeJson } from "./support.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

describe(".npy", () => {
  const cases: readonly [string, NodeJS.TypedArray][] = [
    ["<f4", Float32Array.of(0.5, -1, 3)],
    ["<f8", Float64Array.of(0.1, -1e300, 3)],
    ["|u1", Uint8Array.of(0, 128, 255)],
    ["|i1", Int8Array.of(-128, 0, 127)],
    ["<u2", Uint16Array.of(0, 1, 65535)],
    ["<i2", Int16Array.of(-32768, 1, 2)],
    ["<u4", Uint32Array.of(0, 1, 2 ** 32 - 1)],
    ["<i4", Int32Array.of(-(2 ** 31), 1, 2)],
    ["<u8", BigUint64Array.of(0n, 1n, 2n ** 40n)],
    ["<i8", BigInt64Array.of(-(2n ** 40n), 1n, 2n)],
  ];
  test.each(cases)("%s is read", (type, values) => {
    const { shape, data } = readNpy("x", npy(type, [3, 1], values));
    expect(shape).toEqual([3, 1]);
    expect([...data]).toEqual([...values].map(Number));
  });

  test.each([
    [npy(">f4", [1], Float32Array.of(1)), /of type >f4, expected one of <f4, .*astype/],
    [npy("<f2", [2], Float32Array.of(1)), /of type <f2/],
    [npy("|O", [1], Float64Array.of(1)), /of type \|O/],
    [npy("<c8", [1], Float64Array.of(1)), /of type <c8/],
    [npy("__proto__", [1], Float64Array.of(1)), /of type __proto__/],
    [npy("<f4", [2], Float32Array.of(1, 2), true), /Fortran's order/],
    [npy("<f4", [3], Float32Array.of(1, 2)), /header says 3 values of 4 bytes, but there are 8 bytes/],
    [npy("<f8", [2 ** 40, 2 ** 40], Float64Array.of(1)), /but there are 8 bytes/],
    [npy("<f4", [1], Float32Array.of(1)).subarray(0, 40), /cut off in its header/],
    [Buffer.from("[1, 2, 3, 4, 5, 6]"), /no \.npy file/],
  ])("anything else is refused by name (%#)", (bytes, message) => {
    expect(() => readNpy("x", bytes)).toThrow(InputError);
    expect(() => readNpy("x", bytes)).toThrow(message);
  });

  test("damaged bytes are read or refused, whatever they are", () => {
    const whole = npy("<f4", [2, 3], Float32Array.of(1, 2, 3, 4, 5, 6));
    const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(whole.length), (changes, end) => {
        const bytes = Uint8Array.from(whole);
        for (const [at, value] of changes) bytes[at] = value;
        try {
          expect(readNpy("x", bytes.subarray(0, end)).data.length).toBeLessThanOrEqual(24);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      { seed: 11, numRuns: 500 },
    );
  });

  test("holds images one after the other, or one", async () => {
    const path = join(folder.path, "x.npy");
    await writeFile(
      path,
      npy(
        "<f4",
        [2, 2, 3],
        Float32Array.from({ length: 12 }, (_, i) => i),
      ),
    );
    expect(await npyImageShape(path)).toEqual([2, 3]);
    const { images, labels } = await npyImages(path, [6]);
    expect(images.shape).toEqual([2, 2, 3]);
    expect(labels).toEqual([null, null]);
    expect((await npyImages(path, [1, 12])).images.shape).toEqual([1, 2, 2, 3]);
    await expect(npyImages(path, [5])).rejects.toThrow(/holds 2×2×3, the model takes 5 \(5 values\)/);
  });
});

describe("CSV", () => {
  const written = async (text: string) => {
    const path = join(folder.path, "x.csv");
    await writeFile(path, text);
    return path;
  };
  const options = () => ({ modelPath: join(folder.path, "model.onnx"), modelShape: [3] });

  test("a line each, with names or without, by commas, semicolons or tabs", async () => {
    for (const text of [
      "1,2,3\n4,5,6\n",
      "a;b;c\r\n1;2;3\r\n\r\n4;5;6",
      "\ufeffa\tb\tc\n1\t2\t3\n4\t5\t 6",
    ]) {
      const { images, labels } = await csvImages(await written(text), options());
      expect(images).toEqual({ shape: [2, 3], data: Float64Array.of(1, 2, 3, 4, 5, 6) });
      expect(labels).toEqual([null, null]);
    }
  });

  test("a column of labels is taken out: names of classes, or their numbers", async () => {
    const path = await written('a,kind,b,c\n1,"x, y",2,3\n4,z,5,6\n7,?,8,9');
    const { images, labels } = await csvImages(path, {
      ...options(),
      label: "kind",
      classNames: ["z", "x, y"],
    });
    expect([...images.data]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(labels).toEqual([1, 0, null]);
    const numbers = await csvImages(await written("kind,a,b,c\n7,1,2,3"), { ...options(), label: "kind" });
    expect(numbers.labels).toEqual([7]);
  });

  test.each([
    ["", /has no rows/],
    ["a,b,c\n", /no rows below it/],
    ["1,2\n", /a row has 2 values, the model takes 3/],
    ["a,b,c\n1,,3\n", /row 1, column "b": expected a number, got ""/],
    ["a,b,c\n1,2,3\n1,NaN,3\n", /row 2, column "b": expected a number, got "NaN"/],
    ["a,b,a\n1,2,3\n", /two columns are named "a"/],
    ["1,2,3\n4,5\n", /cannot be read as CSV/],
    ['1,2,"3\n', /cannot be read as CSV/],
  ])("refused: %j", async (text, message) => {
    await expect(csvImages(await written(text), options())).rejects.toThrow(message);
    await expect(csvImages(await written(text), options())).rejects.toThrow(InputError);
  });

  test("rows for a model of a table: by name, in any order, standardised as they were", async () => {
    const table = {
      file: "t.csv",
      label: "kind",
      features: [feature("a", 1, 2), feature("b", 10, 5), feature("c", 0, 1)],
    };
    await writeJson(folder.path, "metrics.json", { table });
    const { images, labels } = await csvImages(await written("c,kind,b,more,a\n7,y,20,x,5"), {
      ...options(),
      classNames: ["x", "y"],
    });
    expect([...images.data]).toEqual([2, 2, 7]);
    expect(labels).toEqual([1]);
    expect([...(await csvImages(await written("5,20,7"), options())).images.data]).toEqual([2, 2, 7]);
    await expect(csvImages(await written("a,b\n1,2"), options())).rejects.toThrow(/no column "c".* are a, b/);
    await writeJson(folder.path, "metrics.json", { table: { ...table, features: [feature("a", 0, 0)] } });
    await expect(csvImages(await written("1,2,3"), options())).rejects.toThrow(/metrics.json: table: /);
  });
  const feature = (name: string, mean: number, deviation: number) => ({ name, mean, deviation });

  test("a table to learn from: classes by number or by letter, features standardised over the training rows", async () => {
    const rows = Array.from({ length: 20 }, (_, i) => `${i},${[10, 9][i % 2]},5`);
    const table = await readOwnTable({
      file: await written(["a,kind,same", ...rows].join("\n")),
      label: "kind",
    });
    expect(table).toMatchObject({ name: "x", features: ["a", "same"], classNames: ["9", "10"] });
    expect(table.labels.slice(0, 3)).toEqual([1, 0, 1]);
    const [training, test] = [standardisedRows(table, "train"), standardisedRows(table, "test")];
    expect([training.images.count, test.images.count]).toEqual([16, 4]);
    const sum = [...training.images.values].reduce((total, value) => total + value, 0);
    expect(sum).toBeCloseTo(0, 9);
    expect(featureScales(table)[1]).toEqual({ name: "same", mean: 5, deviation: 1 });
  });

  test.each([
    ["a,kind\n1,x\n", /at least 10 rows of 2 to 256 classes, got 1 rows of 1 in column "kind"/],
    ["a,b\n1,x\n", /no column "kind"; its columns are a, b/],
    ["1,2\n", /names no columns/],
    ["kind\nx\n", /no column besides "kind"/],
    ["a,kind\n1,x\n2,\n", /row 2 has no "kind"/],
  ])("no table to learn from: %j", async (text, message) => {
    await expect(readOwnTable({ file: await written(text), label: "kind" })).rejects.toThrow(message);
  });
});

describe("JSON with a shape of its own", () => {
  const read = async (content: unknown, shape: readonly number[]) =>
    (await jsonImages(await writeJson(folder.path, "x.json", content), shape, [2])).images.shape;
  const inputs = [[1, 2, 3, 4]];
  test.each([
    [[1, 2, 2], [4], [1, 2, 2]],
    [
      [2, 2],
      [1, 2, 2],
      [1, 2, 2],
    ],
    [[1, 1, 2, 2], [4], [1, 1, 2, 2]],
    [[4], [1, 2, 2], [1, 4]],
  ])("%j for a model of %j", async (inputShape, shape, expected) => {
    expect(await read({ inputShape, inputs }, shape)).toEqual(expected);
  });
  test.each([
    [
      [2, 2],
      [2, 2],
    ],
    [
      [1, 4],
      [1, 4],
    ],
    [[3, 4], [4]],
    [
      [5, 1, 2, 2],
      [1, 2, 2],
    ],
    [[7, 7], undefined],
  ])("%j is the shape of an image, where the model leaves it open: %j", async (inputShape, expected) => {
    expect(await jsonImageShape(await writeJson(folder.path, "y.json", { inputShape, inputs }))).toEqual(
      expected,
    );
  });
  test("another number of values is refused", async () => {
    await expect(read({ inputShape: [2, 3], inputs }, [4])).rejects.toThrow(
      /inputShape is 2×3, the model takes 4/,
    );
  });
});
