// The runs that take too long for any test, in hours on two cores: committed models on a thousand encrypted images each, a
// thousand networks that are drawn, 40,000 mutations of everything that is read from outside, PyCrCNN's own models, LeNet-1 under BFV, and
// all research figures. It prints what it measured, and fails where that is worse than promised:
//
//   HE_ML_PYCRCNN_MODELS=…/pycrcnn npm run check:full
import { spawnSync } from "node:child_process";
import { compile, infer, loadModel, maxAbs } from "../dist/he-ml/node/index.js";
import { loadTestImages } from "../dist/train/index.js";
import { checkBfv } from "./check-bfv.mjs";
import { checkMutations } from "./check-mutations.mjs";

/** So many are encrypted at once. */
const together = 100;

const runs = [
  { name: "mnist-small", packing: "packed", images: 1000 },
  { name: "lenet1", packing: "packed", images: 1000 },
  { name: "lenet1-from-tanh", packing: "packed", images: 1000 },
  { name: "breast-cancer", packing: "packed", images: 114 },
  { name: "mnist-small", packing: "batch", images: 1000 },
  { name: "lenet1", packing: "batch", images: 1000 },
  { name: "lenet1-from-tanh", packing: "batch", images: 1000 },
  { name: "breast-cancer", packing: "batch", images: 114 },
];

/** No error may be larger than this share of the largest logit of all: packed, it is what plans are asked for. */
const mostError = { packed: 0.01, batch: 0.005 };
/** A prediction may flip where the two largest logits are closer than the errors: as rarely as this. */
const mostFlips = 0.002;

/** Runs a model on its first test images; returns whether it was as good as promised. */
async function checkModel({ name, packing, images: count }) {
  const model = await loadModel(name);
  const [size, start] = [packing === "batch" ? count : together, performance.now()];
  const samples = packing === "packed" ? (await loadTestImages(model.dataset, [0, 1])).images : undefined;
  const program = await compile(model, { packing, samples });
  let [flips, right, worst, largest] = [0, 0, 0, 0];
  for (let first = 0; first < count; first += size) {
    const indices = Array.from({ length: Math.min(size, count - first) }, (_, i) => first + i);
    const { images, labels } = await loadTestImages(model.dataset, indices);
    const { results } = await infer(program, images, { labels: [...labels] });
    for (const { predicted, plainPredicted, label, maxAbsError, plainLogits } of results) {
      if (predicted !== plainPredicted) flips++;
      if (predicted === label) right++;
      worst = Math.max(worst, maxAbsError);
      largest = Math.max(largest, maxAbs(plainLogits));
    }
  }
  const good = worst <= mostError[packing] * largest && flips <= mostFlips * count;
  process.stdout.write(
    `${name}, ${packing}, ${count} images encrypted: ${flips} flips, ${((100 * right) / count).toFixed(2)} % as labelled, ` +
      `largest error ${((100 * worst) / largest).toPrecision(2)} % of the largest logit, ` +
      `${((performance.now() - start) / 1000).toFixed(0)} s${good ? "" : ": WORSE THAN PROMISED"}\n`,
  );
  return good;
}

let allGood = await checkBfv();
for (const run of runs) allGood = (await checkModel(run)) && allGood;

const drawn = spawnSync(
  process.execPath,
  [
    ...["--experimental-vm-modules", "node_modules/jest/bin/jest.js"],
    ...["--testMatch", "**/networks-of-all-sizes.slow.ts"],
  ],
  { stdio: "inherit", env: { ...process.env, HE_ML_DRAWN_NETWORKS: "1000" } },
);
allGood = drawn.status === 0 && allGood;
process.stdout.write("40,000 mutations of everything that is read from outside:\n");
allGood = (await checkMutations(40_000)) && allGood;

const figures = spawnSync(process.execPath, ["bin/he-ml.js", "figures"], { stdio: "inherit" });
allGood = figures.status === 0 && allGood;

if (process.env.HE_ML_PYCRCNN_MODELS) await import("./check-pycrcnn.mjs");
else process.stdout.write("PyCrCNN's own models: skipped, since HE_ML_PYCRCNN_MODELS is not set\n");

if (!allGood) process.exitCode = 1;
