import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { defineModel, linearLayer, squareLayer, tensor } from "../../src/he-ml/index.js";
import { writeOnnx } from "../../src/he-ml/formats/onnx/write.js";
import { waves } from "./support.js";

/** A network on the table of 30 columns that comes with the project. */
const tableModel = defineModel({
  name: "table",
  inputShape: [30],
  layers: [
    linearLayer({ name: "fc1", weights: tensor([4, 30], waves(120, 0.2)), bias: tensor([4], waves(4, 0.1)) }),
    squareLayer({ name: "square1" }),
    linearLayer({ name: "fc2", weights: tensor([2, 4], waves(8, 0.5)) }),
  ],
});

/** Writes it into a folder; returns its path. */
export async function writeTableModel(folder: string, scale = 1): Promise<string> {
  const [first, ...rest] = tableModel.layers;
  const scaled = { ...first, bias: tensor([4], waves(4, 0.1 * scale)) };
  const path = join(folder, `table-${scale}.onnx`);
  await writeFile(path, writeOnnx({ ...tableModel, layers: [scaled, ...rest] }));
  return path;
}
