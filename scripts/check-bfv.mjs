// LeNet-1 at its full size under BFV with the fractional encoder, one value a ciphertext, as PyCrCNN runs it: degree 4096, a
// plaintext modulus of 22 bits, re-encrypted before each layer that the bound on coefficients or the noise budget needs it.
import { fileURLToPath } from "node:url";
import { loadModel, testParameters } from "../dist/he-ml/node/index.js";
import { loadTestImages } from "../dist/train/index.js";

const set = { m: 4096, p: 4194301, sec: 128, base: 2, rencrypt_positions: [2, 5, 7] };
const count = 2;

/** Runs the set; returns whether budgets stayed positive and no prediction flipped. */
export async function checkBfv() {
  const start = performance.now();
  const model = await loadModel("lenet1");
  const { images } = await loadTestImages(
    "mnist",
    Array.from({ length: count }, (_, i) => i),
  );
  const input = { encryption_parameters: [set], debug: "y" };
  const [{ status, reason, layers, argmax_flips, final_max_error }] = (
    await testParameters(model, images, input)
  ).results;
  const good = status === "done" && argmax_flips === 0 && layers.every(({ min_noise }) => min_noise > 0);
  process.stdout.write(
    `lenet1, BFV, ${count} images: ${layers.map(({ layer_name, min_noise }) => `${layer_name} ${min_noise}`).join(", ")} ` +
      `bits of budget left, ${reason ?? `largest error ${final_max_error?.toPrecision(2)}, ${argmax_flips} flips`}, ` +
      `${((performance.now() - start) / 1000).toFixed(0)} s${good ? "" : ": WORSE THAN PROMISED"}\n`,
  );
  return good;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = (await checkBfv()) ? 0 : 1;
