import { expect } from "@jest/globals";
import type { Ciphertext } from "../../../src/he-ml/crypto/ciphertext.js";
import type { Evaluator } from "../../../src/he-ml/crypto/evaluator.js";
import type { KernelEvaluator } from "../../../src/he-ml/crypto/kernel-evaluator.js";
import type { GiantStep } from "../../../src/he-ml/crypto/linear-transform.js";
import { noiseModel } from "../../../src/he-ml/crypto/noise.js";
import { checkParameters } from "../../../src/he-ml/crypto/parameters.js";
import { PublicContext, type PublicContextOptions } from "../../../src/he-ml/crypto/public-context.js";
import { SecretContext } from "../../../src/he-ml/crypto/secret-context.js";
import { runToEnd } from "../../../src/he-ml/long-work.js";
import { seededRandom, sigmas, thrownBy } from "../support.js";

const parameters = checkParameters({
  polyModulusDegree: 1024,
  coeffModulusBits: [45, 40, 40, 50],
  scaleBits: 30,
  weightScaleBits: 20,
  security: "teaching",
});
const { slots, levels } = parameters;
const steps = [1, 2, 3, 8, 16];

async function openKernel(options: PublicContextOptions = { evaluator: "kernel" }) {
  const client = await SecretContext.create(parameters);
  const keys = client.exportEvaluationKeys(steps.map((step) => ({ step, level: levels })));
  const { evaluator } = await PublicContext.load(parameters, keys, options);
  const encrypt = (values: Float64Array) =>
    evaluator.load(client.encrypt({ shape: [slots, 1], data: values }, { packing: "batch" }).ciphertexts[0]);
  const decrypt = (a: Ciphertext) =>
    client.decrypt({ shape: [1], packing: "batch", images: slots, ciphertexts: [evaluator.save(a)] }).data;
  return { evaluator, encrypt, decrypt };
}

const rotated = (values: Float64Array, step: number) =>
  values.map((_, i) => values[(i + step) % values.length]);

/**
 * That baby steps that share digits, and giant steps that share a division, give what they should, and as precisely as is
 * predicted: two outputs of four giant steps of four products each.
 */
export async function checkSharedRotations(options?: PublicContextOptions): Promise<void> {
  const { evaluator: he, encrypt, decrypt } = await openKernel(options);
  const random = seededRandom(5);
  const draw = () => Float64Array.from({ length: slots }, () => 2 * random() - 1);
  const values = draw();
  const scale = 2 ** 20;
  using input = encrypt(values);
  const babySteps = [1, 2, 3];
  const babies = new Map<number, Ciphertext>([[0, input]]);
  he.rotateMany(input, babySteps).forEach((baby, i) => babies.set(babySteps[i], baby));
  const expected = [new Float64Array(slots), new Float64Array(slots)];
  const giants: GiantStep[] = [];
  for (const output of [0, 1]) {
    for (const step of [0, 8, 16]) {
      const terms = [0, 1, 2, 3].map((baby) => {
        const weights = draw();
        const products = rotated(values, baby).map((value, i) => value * weights[i]);
        rotated(products, step).forEach((value, i) => (expected[output][i] += value));
        return { input: 0, baby, plaintext: he.encode(weights, { level: levels, scale }) };
      });
      giants.push({ output, step, terms });
    }
  }
  const before = he.operations;
  const sums = runToEnd(he.linearTransform(giants, (_, baby) => babies.get(baby)!));
  expect(he.operations).toEqual({
    ...before,
    multiplyPlain: before.multiplyPlain + 24,
    add: before.add + 22,
    rotate: before.rotate + 4,
  });
  const noise = noiseModel(parameters, "seal");
  // Every product carries its input's error and that of its weights, rotations add their own; all values are up to 1.
  const inputError = Math.hypot(noise.fresh, noise.keySwitch(levels)) / 2 ** 30;
  const deviation = Math.sqrt(
    12 * (inputError ** 2 + (noise.encoding / scale) ** 2) + 2 * (noise.keySwitch(levels) / 2 ** 50) ** 2,
  );
  for (const output of [0, 1]) {
    const got = decrypt(sums.get(output)!);
    const error = Math.max(...got.map((value, i) => Math.abs(value - expected[output][i])));
    expect({ error, right: error < sigmas * deviation }).toEqual({ error, right: true });
  }
  using summed = he.copy(input);
  he.rotateAndSumInplace(summed, [1, 2, 3]);
  const wanted = values.map(
    (value, i) => value + [1, 2, 3].reduce((sum, s) => sum + values[(i + s) % slots], 0),
  );
  const got = decrypt(summed);
  const error = Math.max(...got.map((value, i) => Math.abs(value - wanted[i])));
  expect({ error, right: error < sigmas * 3 * inputError }).toEqual({ error, right: true });
}

/** That a run that is repeated, with refusals in it, takes no more memory, and gives back all that it took. */
export async function checkMemory(runs: number): Promise<void> {
  const { evaluator, encrypt } = await openKernel();
  const { memory } = (evaluator as KernelEvaluator).ring;
  const values = Float64Array.from({ length: slots }, (_, i) => Math.cos(i));
  const measured: { readonly bytes: number; readonly waiting: number }[] = [];
  for (let run = 0; run < runs; run++) {
    oneRun(evaluator, encrypt(values));
    measured.push({ bytes: memory.bytes, waiting: memory.waiting });
  }
  expect(new Set(measured.slice(1).map((each) => JSON.stringify(each))).size).toBe(1);
}

function oneRun(he: Evaluator, input: Ciphertext): void {
  using a = input;
  using plaintext = he.encode(Float64Array.of(1, 2, 3), { level: levels, scale: 2 ** 20 });
  using scalar = he.encodeScalar(0.5, { level: levels, scale: 2 ** 20 });
  const babies = he.rotateMany(a, [1, 2]);
  const giants = [
    { output: 0, step: 0, terms: [{ input: 0, baby: 0, plaintext }] },
    { output: 0, step: 8, terms: [{ input: 0, baby: 1, plaintext: scalar }] },
  ];
  const [sum] = runToEnd(he.linearTransform(giants, (_, baby) => (baby === 0 ? a : babies[0]))).values();
  he.rotateAndSumInplace(sum, [3, 16]);
  he.rescaleToNextInplace(sum);
  he.squareInplace(sum);
  he.relinearizeInplace(sum);
  he.modSwitchToInplace(sum, 1);
  expect(thrownBy(() => he.rotate(a, 5))).toBeDefined();
  const noKey = [{ output: 0, step: 5, terms: [{ input: 0, baby: 0, plaintext }] }];
  expect(thrownBy(() => runToEnd(he.linearTransform([...giants, ...noKey], () => a)))).toBeDefined();
  expect(thrownBy(() => he.rotateAndSumInplace(a, [1, 5]))).toBeDefined();
  using same = he.copy(a);
  expect(String(thrownBy(() => he.sub(a, same)))).toMatch(/transparent/);
  for (const each of [sum, ...babies]) each[Symbol.dispose]();
}
