import { linearLayer } from "../../../src/he-ml/model/linear.js";
import { defineModel, type Layer, type Model } from "../../../src/he-ml/model/model.js";
import { squareLayer } from "../../../src/he-ml/model/square.js";
import { tensor, type Tensor } from "../../../src/he-ml/tensor/tensor.js";
import { randomTensor } from "../support.js";

/** Images with values in [0, 1). */
export const unitImages = (count: number, features: number): Tensor =>
  tensor([count, features], randomTensor([count, features], 3).data.map(Math.abs));

/**
 * Dense layers with squares between them, whose small weights take errors down. Followed in first order, the first stages
 * may then be as imprecise as their values are large; but the squares of such errors are not taken down as much.
 */
export function contractingModel(squares: number, features = 4): Model {
  const layers = Array.from({ length: squares + 1 }, (_, i): Layer[] => {
    const [weights, bias] = [randomTensor([features, features], 22 + i), randomTensor([features], 62 + i)];
    const linear = linearLayer({
      name: `fc${i}`,
      weights: tensor(
        weights.shape,
        weights.data.map((value) => 0.2 * value),
      ),
      bias: tensor(
        bias.shape,
        bias.data.map((value) => 0.1 + 0.1 * value),
      ),
    });
    return i === squares ? [linear] : [linear, squareLayer({ name: `square${i}` })];
  });
  return defineModel({ name: "contracting", inputShape: [features], layers: layers.flat() });
}
