import { expect, test } from "@jest/globals";
import { RnsRing } from "../../../src/he-ml/kernels/rns-ring.js";
import { coeffModulusPrimes } from "../../../src/he-ml/crypto/primes.js";
import { thrownBy } from "../support.js";
import { checkMemory, checkSharedRotations } from "./kernel-runs.js";

test("rotations that share digits and divisions are right, and as precise as predicted", () =>
  checkSharedRotations());

test("and so they are on SEAL, and on kernels that do as SEAL does", async () => {
  await checkSharedRotations({ evaluator: "seal" });
  await checkSharedRotations({ evaluator: "kernel", kernel: { asSeal: true } });
});

// A thousand: see kernel-runs.slow.ts.
test("30 runs, with refusals, give back all they took", () => checkMemory(30));

test("memory has a bound, and what was taken when it was met is given back", async () => {
  const ring = await RnsRing.open(1024, coeffModulusPrimes(1024, [50, 50]), { mostBytes: 400_000 });
  const { memory } = ring;
  const before = memory.waiting;
  expect(String(thrownBy(() => memory.attempt(() => memory.takeMany(100))))).toMatch(
    /^InputError: evaluator: the 0 MiB of the kernels are exhausted; dispose of ciphertexts/,
  );
  expect(memory.waiting).toBeGreaterThan(before + 10);
});
