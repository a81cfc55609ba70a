import { describe, expect, test } from "@jest/globals";
import { checkBfvParameters, type BfvParameters } from "../../../src/he-ml/crypto/bfv/parameters.js";
import { DecryptionFailedError } from "../../../src/he-ml/crypto/decryption-failed-error.js";
import { PublicContext } from "../../../src/he-ml/crypto/public-context.js";
import { encodeLayer } from "../../../src/he-ml/layers/encode.js";
import { forward } from "../../../src/he-ml/layers/forward.js";
import { collect } from "../../../src/he-ml/layers/run.js";
import { defineModel, modelForward, type Model } from "../../../src/he-ml/model/model.js";
import { squareLayer } from "../../../src/he-ml/model/square.js";
import { valueRanges } from "../../../src/he-ml/model/value-range.js";
import { buildFromModel } from "../../../src/he-ml/program/build-from-model.js";
import { buildFromPytorch } from "../../../src/he-ml/program/build-from-pytorch.js";
import { CoefficientOverflowError, checkPlainModulus } from "../../../src/he-ml/program/plain-modulus.js";
import { tensor } from "../../../src/he-ml/tensor/tensor.js";
import { fractional, openBfv, withoutKeySwitching } from "../crypto/bfv/support.js";
import { smallModel } from "../layers/small-model.js";
import { maxAbsDifference, randomTensor, rejectedBy, thrownBy } from "../support.js";

const images = randomTensor([2, 1, 4, 4], 5);
const ranges = valueRanges(smallModel, images, modelForward(smallModel, images));

/** 124 bits of data primes, where p may be as large as one likes. */
const wide = { ...fractional, coeffModulusBits: [60, 60, 60], coeffModulus: undefined };
const withModulus = (plainModulus: number) => checkBfvParameters({ ...wide, plainModulus });

/** What is refused under a small p, whatever else. */
async function refusal(
  parameters: BfvParameters,
  model: Model,
  options: object = {},
): Promise<CoefficientOverflowError> {
  const { evaluator } = await PublicContext.open(parameters);
  const error = thrownBy(() => buildFromPytorch(evaluator, model, { valueRanges: ranges, ...options }));
  expect(error).toBeInstanceOf(CoefficientOverflowError);
  expect((error as Error).message).not.toMatch("\n");
  return error as CoefficientOverflowError;
}

describe("coefficients that outgrow the plain modulus", () => {
  test("decrypt to wrong numbers with budget left, and are refused before anything is encrypted", async () => {
    const side = await openBfv(withModulus(701));
    const unchecked = smallModel.layers.map((layer, index) => encodeLayer(side.he, layer, index));
    const input = side.encrypt(images);
    const { output } = await collect(forward(unchecked.slice(0, 2), input));
    expect(side.budget(output)).toBeGreaterThan(0);
    const expected = modelForward(smallModel, images)[1];
    expect(maxAbsDifference(side.decrypt(output).data, expected.data)).toBeGreaterThan(0.01);

    const error = thrownBy(() => buildFromModel(side.he, smallModel, { valueRanges: ranges }));
    expect(error).toBeInstanceOf(CoefficientOverflowError);
    expect(error).toMatchObject({ layer: 1 });
    expect((error as Error).message).toMatch(
      /^square "act1": its coefficients can reach \d+, and plainModulus 701 holds up to 350; re-encrypt before it, or take a plainModulus above \d+ \(\d\d bits\), or take fewer fractionDigits$/,
    );
  });

  test("are right under the least plain modulus that is named, and not refused there", async () => {
    const { leastPlainModulus } = await refusal(withModulus(701), smallModel);
    const side = await openBfv(withModulus(leastPlainModulus + 1));
    const layers = buildFromModel(side.he, smallModel, { valueRanges: ranges });
    const expected = modelForward(smallModel, images).at(-1)!;
    expect(maxAbsDifference(side.decrypt(layers(side.encrypt(images))).data, expected.data)).toBeLessThan(
      1e-6,
    );
    // As large as the bound says and no larger.
    await refusal(withModulus(leastPlainModulus), smallModel);
  });

  test("are right with the re-encryption that is named", async () => {
    const side = await openBfv(withModulus(100_003));
    const { reencryptor } = side;
    let reencryptPositions: number[] = [];
    for (;;) {
      const error = thrownBy(() =>
        buildFromPytorch(side.he, smallModel, { valueRanges: ranges, reencryptPositions, reencryptor }),
      );
      if (error === undefined) break;
      expect((error as Error).message).toMatch(/re-encrypt before it/);
      reencryptPositions = [...reencryptPositions, (error as CoefficientOverflowError).layer];
    }
    expect(reencryptPositions.length).toBeGreaterThan(0);
    const layers = buildFromPytorch(side.he, smallModel, {
      valueRanges: ranges,
      reencryptPositions,
      reencryptor,
    });
    const twin = { input: images, decrypt: side.decrypt, noiseBudget: side.budget };
    const { traces } = await collect(forward(layers, side.encrypt(images), { twin }));
    for (const { error, after } of traces) {
      expect(error!.maxAbs).toBeLessThan(1e-6);
      expect(after.noiseBudget).toBeGreaterThan(0);
    }
    const refreshed = traces.find(({ kind }) => kind === "reencryption")!;
    expect(refreshed.after.noiseBudget).toBeGreaterThan(refreshed.before.noiseBudget!);
  });

  test("are bounded without any ranges too, less tightly", async () => {
    const known = await refusal(withModulus(1009), smallModel);
    const unknown = await refusal(withModulus(1009), smallModel, { valueRanges: [] });
    expect(unknown.leastPlainModulus).toBeGreaterThan(known.leastPlainModulus);
  });

  test("digits that meet in a small polynomial are refused: square after square", async () => {
    const squares = defineModel({
      name: "squares",
      inputShape: [1],
      layers: Array.from({ length: 5 }, (_, i) => squareLayer({ name: `s${i}` })),
    });
    const parameters = checkBfvParameters({
      ...wide,
      plainModulus: 2 ** 50,
      fractionDigits: 32,
      integerDigits: 8,
    });
    const error = await refusal(parameters, squares, {
      valueRanges: [{ name: "input", min: 0, max: 2 ** -31 }],
    });
    expect(error.message).toMatch(
      /^square "s4": its digits can reach from X\^-1024 to X\^-960, and meet beyond X\^-512 and X\^511 at polyModulusDegree 1024; re-encrypt before it, or take a larger polyModulusDegree, or take fewer fractionDigits$/,
    );
  });
});

describe("integers in slots", () => {
  const parameters = (plainModulus: number) =>
    checkBfvParameters({
      scheme: "bfv",
      polyModulusDegree: 1024,
      plainModulus,
      coeffModulusBits: [60, 60, 60],
      security: "teaching",
      encoding: "integers",
      scaleBits: 4,
      weightScaleBits: 4,
    });

  test("values at their scale that outgrow p are refused, and wrong where nobody asks", async () => {
    const side = await openBfv(parameters(12289));
    const unchecked = smallModel.layers.map((layer, index) => encodeLayer(side.he, layer, index));
    const bright = tensor([1, 1, 4, 4], new Array<number>(16).fill(2));
    const { output } = await collect(forward(unchecked.slice(0, 1), side.encrypt(bright)));
    const seen = valueRanges(smallModel, bright, modelForward(smallModel, bright));
    const expected = modelForward(smallModel, bright)[0];
    expect(maxAbsDifference(side.decrypt(output).data, expected.data)).toBeLessThan(1);
    const error = thrownBy(() => buildFromModel(side.he, smallModel, { valueRanges: seen }));
    expect(error).toBeInstanceOf(CoefficientOverflowError);
    expect((error as Error).message).toMatch(
      /^square "act1": its values at a scale of 2\^16.0 can reach \d+, and plainModulus 12289 holds up to 6144; .* or lower scaleBits or weightScaleBits$/,
    );
    expect(String(thrownBy(() => unchecked[1](output)))).toMatch(
      /square "act1": plainModulus 12289 is too small/,
    );
  });

  test("run where there is room, with and without ranges", async () => {
    const side = await openBfv(parameters(primeAbove(2 ** 44)));
    const expected = modelForward(smallModel, images).at(-1)!;
    for (const valueRanges of [ranges, []]) {
      const layers = buildFromModel(side.he, smallModel, { valueRanges });
      const output = side.decrypt(layers(side.encrypt(images)));
      expect(maxAbsDifference(output.data, expected.data)).toBeLessThan(1);
    }
  });
});

describe("before anything is encrypted", () => {
  test("a layer that needs key switching is refused by name where there is none", async () => {
    const { evaluator } = await PublicContext.open(withoutKeySwitching);
    expect(String(thrownBy(() => buildFromModel(evaluator, smallModel, { valueRanges: ranges })))).toMatch(
      /^InputError: square "act1": relinearize: one prime of 54 bits at polyModulusDegree 2048/,
    );
    const linearOnly = defineModel({ ...smallModel, layers: smallModel.layers.slice(0, 1) });
    expect(buildFromModel(evaluator, linearOnly, { valueRanges: ranges })).toHaveLength(1);
  });

  test("a range of layers is bounded by what was seen before it, and layers of another model are none", async () => {
    const { evaluator } = await PublicContext.open(withModulus(701));
    const layers = smallModel.layers.map((layer, index) => encodeLayer(evaluator, layer, index));
    const check = (from: number, to: number, model = smallModel) =>
      thrownBy(() =>
        checkPlainModulus(layers.slice(from, to), model, withModulus(701), { valueRanges: ranges }),
      );
    expect(check(0, 2)).toMatchObject({ layer: 1 });
    for (const [from, to] of [
      [0, 1],
      [1, 2],
      [2, 4],
    ]) {
      expect(check(from, to)).toBeUndefined();
    }
    expect(
      String(check(0, 3, defineModel({ ...smallModel, layers: smallModel.layers.slice(1, 2) }))),
    ).toMatch(/^InputError: checkPlainModulus: expected layers of this model/);
  });

  test("levels and scales of all layers come out as they run", async () => {
    const side = await openBfv(withModulus(2 ** 50));
    const layers = buildFromModel(side.he, smallModel);
    const states = checkPlainModulus(layers, smallModel, withModulus(2 ** 50), { valueRanges: ranges });
    const { traces } = await collect(forward(layers, side.encrypt(images)));
    expect(states.map(({ level, scale }) => ({ level, scaleBits: Math.log2(scale) }))).toEqual(
      traces.map(({ level, scaleBits }) => ({ level, scaleBits })),
    );
  });
});

test("a budget that is used up is found behind the layer that did it, by name", async () => {
  const tight = checkBfvParameters({
    ...fractional,
    coeffModulusBits: [25, 25, 25],
    coeffModulus: undefined,
  });
  const side = await openBfv(tight);
  const layers = smallModel.layers.map((layer, index) => encodeLayer(side.he, layer, index));
  const twin = { input: images, decrypt: side.decrypt, noiseBudget: side.budget };
  const error = await rejectedBy(() => collect(forward(layers, side.encrypt(images), { twin })));
  expect(error).toBeInstanceOf(DecryptionFailedError);
  expect(error).toMatchObject({ layer: 'square "act1"' });
  expect((error as Error).message).toMatch(
    /^square "act1": decrypt: the noise budget of ciphertext 0 is used up/,
  );
});

/** The least plain modulus above a number that takes batching at 1024. */
function primeAbove(least: number): number {
  const message = String(
    thrownBy(() =>
      checkBfvParameters({
        scheme: "bfv",
        polyModulusDegree: 1024,
        plainModulus: least,
        coeffModulusBits: [60, 60, 60],
        security: "teaching",
        encoding: "integers",
        scaleBits: 4,
      }),
    ),
  );
  return Number(/take \d+ or (\d+)/.exec(message)![1]);
}
