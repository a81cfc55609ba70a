import { averagePoolLayer } from "../../../src/he-ml/model/average-pool.js";
import { convolutionalLayer } from "../../../src/he-ml/model/convolutional.js";
import { flattenLayer } from "../../../src/he-ml/model/flatten.js";
import { linearLayer } from "../../../src/he-ml/model/linear.js";
import { defineModel } from "../../../src/he-ml/model/model.js";
import { squareLayer } from "../../../src/he-ml/model/square.js";
import { randomTensor } from "../support.js";

/** 1×4×4 → conv 2@3×3 → 2×2×2 → square → pool 2 → 2×1×1 → flatten → 2 → linear → 3; no weight is zero. */
export const smallModel = defineModel({
  name: "small",
  inputShape: [1, 4, 4],
  layers: [
    convolutionalLayer({
      name: "conv1",
      weights: randomTensor([2, 1, 3, 3], 1),
      bias: randomTensor([2], 2),
    }),
    squareLayer({ name: "act1" }),
    averagePoolLayer({ name: "pool1", kernelSize: 2 }),
    flattenLayer({ name: "flat" }),
    linearLayer({ name: "fc1", weights: randomTensor([3, 2], 3), bias: randomTensor([3], 4) }),
  ],
});
