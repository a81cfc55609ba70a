import { describe, expect, test } from "@jest/globals";
import { coefficientsOf, slotsOf } from "../../../src/he-ml/crypto/canonical-embedding.js";
import { lazyParameters, openSeal, randomTensor } from "../support.js";

/** Real part of the polynomial at ζ^(3^slot), term by term. */
function valueInSlot(coefficients: Float64Array, slot: number): number {
  const degree = coefficients.length;
  let power = 1;
  for (let i = 0; i < slot; i++) power = (3 * power) % (2 * degree);
  return coefficients.reduce(
    (sum, c, k) => sum + c * Math.cos((Math.PI * ((power * k) % (2 * degree))) / degree),
    0,
  );
}

describe.each([4, 16, 256])("degree %d", (degree) => {
  const { data } = randomTensor([degree], degree);
  const coefficients = Float64Array.from(data);

  test("slots are values at the roots of unity, in SEAL's order", () => {
    slotsOf(coefficients).forEach((value, slot) => {
      expect(value).toBeCloseTo(valueInSlot(coefficients, slot), 10);
    });
  });

  test("coefficients of real slots give these slots, and are antisymmetric", () => {
    const slots = coefficients.subarray(0, degree / 2);
    const found = coefficientsOf(slots);
    slotsOf(found).forEach((value, slot) => expect(value).toBeCloseTo(slots[slot], 10));
    for (let k = 1; k < degree; k++) expect(found[degree - k]).toBeCloseTo(-found[k], 10);
  });
});

test("a constant is itself in every slot", () => {
  const found = coefficientsOf(Float64Array.of(3, 3));
  [3, 0, 0, 0].forEach((coefficient, k) => expect(found[k]).toBeCloseTo(coefficient, 12));
});

test("X − X³ is √2 and −√2 in two slots", () => {
  const [first, second] = slotsOf(Float64Array.of(0, 1, 0, -1));
  expect(first).toBeCloseTo(Math.SQRT2, 12);
  expect(second).toBeCloseTo(-Math.SQRT2, 12);
});

test("rounded coefficients are what SEAL encodes", async () => {
  const { evaluator } = await openSeal(lazyParameters);
  const slots = Float64Array.from(randomTensor([lazyParameters.slots], 3).data);
  const scale = 2 ** 12;
  using plaintext = evaluator.encode(slots, { level: 1, scale });
  const rounded = coefficientsOf(slots).map((coefficient) => Math.round(coefficient * scale) / scale);
  const decoded = evaluator.decode(plaintext);
  slotsOf(rounded).forEach((value, slot) => expect(decoded[slot]).toBeCloseTo(value, 9));
});
