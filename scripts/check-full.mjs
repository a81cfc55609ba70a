// The runs that take too long for any test, in hours on two cores: committed models on a thousand encrypted images each, or on
// all ten thousand, a thousand networks that are drawn, 40,000 mutations of everything that is read from outside, PyCrCNN's own
// models, LeNet-1 under BFV, predicted errors in every packing, the site's pages, its playground and threads in Firefox, and all
// research figures. It prints what it measured, and fails where that is worse than promised:
//
//   HE_ML_PYCRCNN_MODELS=…/pycrcnn npm run check:full
import { spawnSync } from "node:child_process";
import { accuracy, accuracySummary, compile, loadModel } from "../dist/he-ml/node/index.js";
import { loadTestImages } from "../dist/train/index.js";
import { checkBfv } from "./check-bfv.mjs";
import { checkMutations } from "./check-mutations.mjs";

const runs = [
  { name: "mnist-small", packing: "packed", images: 1000 },
  { name: "lenet1", packing: "packed", images: 1000 },
  { name: "lenet1-from-tanh", packing: "packed", images: 1000 },
  { name: "breast-cancer", packing: "packed", images: 114 },
  { name: "fashion-mnist", packing: "packed", images: 1000 },
  { name: "mnist-small", packing: "batch", images: 10_000 },
  { name: "lenet1", packing: "batch", images: 10_000 },
  { name: "fashion-mnist", packing: "batch", images: 10_000 },
  { name: "lenet1-from-tanh", packing: "batch", images: 1000 },
  { name: "breast-cancer", packing: "batch", images: 114 },
];

/** No error may be larger than this share of the largest logit of all: packed, it is what plans are asked for. */
const mostError = { packed: 0.01, batch: 0.005 };
/** A prediction may flip where the two largest logits are closer than the errors: as rarely as this. */
const mostFlips = 0.002;
/** Encrypted and plain accuracy may lie as far apart: a tenth of a percentage point in a batch; packed, what flips may cost. */
const mostLost = { packed: mostFlips, batch: 0.001 };

/** Runs a model on its first test images; returns whether it was as good as promised. */
async function checkModel({ name, packing, images: count }) {
  const model = await loadModel(name);
  const start = performance.now();
  const samples = packing === "packed" ? (await loadTestImages(model.dataset, [0, 1])).images : undefined;
  const program = await compile(model, { packing, samples });
  const indices = Array.from({ length: count }, (_, i) => i);
  const { images, labels } = await loadTestImages(model.dataset, indices);
  const measured = accuracySummary(await accuracy(program, images, [...labels]));
  const { flips, encryptedAccuracy, plainAccuracy, relativeToMax, outOfRange } = measured;
  const good =
    relativeToMax <= mostError[packing] &&
    flips <= mostFlips * count &&
    Math.round(count * Math.abs(encryptedAccuracy - plainAccuracy)) <= mostLost[packing] * count &&
    outOfRange.length === 0;
  process.stdout.write(
    `${name}, ${packing}, ${count} images encrypted: ${flips} flips, ${(100 * encryptedAccuracy).toFixed(2)} % as labelled ` +
      `(plain ${(100 * plainAccuracy).toFixed(2)} %), ` +
      `largest error ${(100 * relativeToMax).toPrecision(2)} % of the largest logit, ${outOfRange.length} out of range, ` +
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
    ...["--testMatch", "**/networks-of-all-sizes.slow.ts", "**/*.full.ts"],
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
