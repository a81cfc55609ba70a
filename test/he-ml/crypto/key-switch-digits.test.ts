import { describe, expect, test } from "@jest/globals";
import { ClearEvaluator, type ClearCiphertext } from "../../../src/he-ml/crypto/clear-evaluator.js";
import { evaluatorKinds, type EvaluatorKind } from "../../../src/he-ml/crypto/evaluator-kind.js";
import { keySwitchShares, noiseModel } from "../../../src/he-ml/crypto/noise.js";
import { checkParameters } from "../../../src/he-ml/crypto/parameters.js";
import { keySwitchNoise } from "../../../src/he-ml/planner/errors/error-gain.js";
import { gaussians } from "../../../src/he-ml/planner/errors/gaussians.js";
import { rootMeanSquare } from "../support.js";

const parameters = checkParameters({
  polyModulusDegree: 1024,
  coeffModulusBits: [50, 50, 50],
  scaleBits: 30,
  security: "teaching",
});

test("balanced digits make half the key-switch noise that digits from 0 to q make, beside the rounding of both", () => {
  const beyondRounding = (kind: EvaluatorKind, level: number) => {
    const { keySwitch, rounding } = noiseModel(parameters, kind);
    return Math.sqrt(keySwitch(level) ** 2 - rounding(2) ** 2);
  };
  for (const level of [1, 2]) {
    expect(beyondRounding("kernel", level) / beyondRounding("seal", level)).toBeCloseTo(1 / 2, 6);
  }
});

test("all other noise is the same for every evaluator", () => {
  const [seal, kernel] = (["seal", "kernel"] as const).map((kind) => noiseModel(parameters, kind));
  for (const kind of ["fresh", "freshPublicKey", "encoding"] as const) expect(kernel[kind]).toBe(seal[kind]);
  for (const size of [2, 3]) expect(kernel.rounding(size)).toBe(seal.rounding(size));
});

describe.each(evaluatorKinds)("%s", (kind) => {
  test("the shares of all slots come to the whole, but for SEAL's half a slot", () => {
    const slots = 512;
    const { slot0, others } = keySwitchShares(kind, slots);
    expect(Math.abs((slot0 ** 2 + (slots - 1) * others ** 2) / slots - 1)).toBeLessThan(1 / slots);
  });

  test("random key-switch errors show in slot 0 as the shares say", () => {
    const random = { gaussian: gaussians(7), evaluator: kind };
    const slots = 64;
    const errors = keySwitchNoise(
      Array.from({ length: 2000 }, () => new Float64Array(slots)),
      random,
    );
    const ofSlot = (slot: number) => rootMeanSquare(errors.map((each) => each[slot]));
    const { slot0, others } = keySwitchShares(kind, slots);
    expect(ofSlot(0) / slot0).toBeCloseTo(1, 1);
    expect(ofSlot(9) / others).toBeCloseTo(1, 1);
  });

  test("the clear twin's rotations err as the model says", () => {
    const he = new ClearEvaluator(parameters, kind);
    const fresh = he.encrypt(new Float64Array(parameters.slots));
    const rotated = he.rotate(fresh, 1) as ClearCiphertext;
    expect(rotated.noise).toBe(Math.hypot(fresh.noise, noiseModel(parameters, kind).keySwitch(2)));
  });
});
