// Runs the sweep that lesson 8 reads: the sets of notebooks/parameters/mnist-small-choices.json, on four images.
import { readFile, writeFile } from "node:fs/promises";
import { format } from "prettier";
import { loadModel, testParameters } from "../dist/he-ml/node/index.js";
import { loadTestImages } from "../dist/train/index.js";

const folder = new URL("../notebooks/parameters/", import.meta.url);
const sets = JSON.parse(await readFile(new URL("mnist-small-choices.json", folder), "utf8"));
const model = await loadModel("mnist-small");
const { images } = await loadTestImages("mnist", [0, 1, 2, 3]);
const report = await testParameters(model, images, sets, { dataset: "mnist" });
const text = await format(JSON.stringify(report), { parser: "json", printWidth: 110 });
await writeFile(new URL("mnist-small-choices-report.json", folder), text);
