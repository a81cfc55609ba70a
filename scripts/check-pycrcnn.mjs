// PyCrCNN's own models, which are not copied into this project: what can be encrypted runs encrypted on MNIST, and what
// cannot is refused with every layer in the way and its remedy. Not one of the counted tests:
//
//   HE_ML_PYCRCNN_MODELS=…/pycrcnn npm run check:pycrcnn
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  PublicContext,
  SecretContext,
  UnsupportedLayersError,
  argmax,
  buildFromPytorch,
  checkParameters,
  collect,
  forward,
  imageAt,
  loadModel,
  loadNetwork,
  maxAbs,
  modelForward,
} from "../dist/he-ml/node/index.js";
import { loadTestImages } from "../dist/train/index.js";

const folder = process.env.HE_ML_PYCRCNN_MODELS;
if (!folder || !existsSync(folder)) {
  process.stderr.write(
    "check:pycrcnn: expected HE_ML_PYCRCNN_MODELS to name the folder of PyCrCNN's models\n",
  );
  process.exit(2);
}

const inputShape = [1, 28, 28];
const modelAt = (name) => join(folder, `${name}.pt`);

/** The model is refused, in one line, for exactly these layers. */
async function checkRefused(name, expected) {
  for (const options of [{}, { inputShape }]) {
    const error = await loadModel(modelAt(name), options).then(
      () => assert.fail(`${name} was not refused`),
      (reason) => reason,
    );
    assert(error instanceof UnsupportedLayersError, String(error));
    assert.match(error.message, /^.+$/);
    assert.deepEqual(
      error.layers.map(({ position, op }) => [position, op.toLowerCase().replace("2d", "")]),
      expected,
    );
    for (const { op, remedy } of error.layers) {
      assert.match(remedy, /^maxpool/i.test(op) ? /average pool/ : /square .* or a fitted polynomial/);
    }
  }
  // It still runs in the clear, for those who want to replace layers and train again.
  const network = await loadNetwork(modelAt(name), { inputShape });
  const { images } = await loadTestImages("mnist", [0]);
  assert.equal(modelForward(network, images).at(-1).shape.length, 2);
  process.stdout.write(
    `${name}: refused for layers ${expected.map(([position, op]) => `${position} (${op})`).join(", ")}\n`,
  );
}

/** The model runs on encrypted images, to 1 % of each image's largest logit, and classifies as in the clear. */
async function checkEncrypted(name, count) {
  const model = await loadModel(modelAt(name), { inputShape });
  const parameters = checkParameters({
    polyModulusDegree: 8192,
    coeffModulusBits: [50, 60, 48, 60],
    scaleBits: 21,
    weightScaleBits: 16,
  });
  const client = await SecretContext.create(parameters);
  const server = await PublicContext.load(parameters, client.exportEvaluationKeys());
  const { images, labels } = await loadTestImages(
    "mnist",
    Array.from({ length: count }, (_, i) => i),
  );
  const layers = buildFromPytorch(server.evaluator, model);
  assert.deepEqual(
    layers.map(({ layer }) => layer.name),
    layers.map((_, i) => String(i)),
  );
  const input = server.load(client.encrypt(images, { packing: "batch" }));
  const { output } = await collect(forward(layers, input));
  const logits = client.decrypt(server.save(output));
  const plain = modelForward(model, images).at(-1);
  let [worst, right] = [0, 0];
  for (let i = 0; i < count; i++) {
    const [encrypted, expected] = [imageAt(logits, i).data, imageAt(plain, i).data];
    const error = maxAbs(encrypted.map((value, j) => value - expected[j])) / maxAbs(expected);
    worst = Math.max(worst, error);
    assert(error < 0.01, `${name}: image ${i} is off by ${error}`);
    assert.equal(argmax(encrypted), argmax(expected));
    if (argmax(encrypted) === labels[i]) right++;
  }
  process.stdout.write(
    `${name}: ${count} images encrypted, ${right} classified as labelled, largest error ${(worst * 100).toPrecision(2)} % ` +
      `of the largest logit, no flip\n`,
  );
}

await checkRefused("LeNet1", [
  [1, "tanh"],
  [4, "tanh"],
]);
await checkRefused("LeNet1_Approx", [
  [1, "tanh"],
  [4, "tanh"],
]);
await checkRefused("mnist", [
  [2, "maxpool"],
  [5, "maxpool"],
  [8, "maxpool"],
  [11, "relu"],
]);
await checkEncrypted("LeNet1_Approx_single_square", 100);
