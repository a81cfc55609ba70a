import { finished, type Ciphertext } from "../../crypto/ciphertext.js";
import type { Evaluator } from "../../crypto/evaluator.js";
import {
  averagePoolLayer,
  poolDivisor,
  type AveragePoolLayer,
  type AveragePoolOptions,
} from "../../model/average-pool.js";
import type { Pair } from "../../model/layer.js";
import { layerOutputShape } from "../../model/model.js";
import { outputSize, tapsAt } from "../../model/sliding-window.js";
import type { Shape } from "../../tensor/tensor.js";
import { encodedLayer, type EncodedLayer } from "../encoded-layer.js";
import { settle, settledState } from "../rescaling.js";

/**
 * An encrypted average pooling, PyTorch's `AvgPool2d`. Sums are additions; the division is none at all: the scale
 * is declared larger by the divisor, which costs log2(divisor) bits of scale and no level.
 *
 * @throws InputError if a side is padded by more than half the kernel
 * @example const pool = averagePool(he, { kernelSize: 2 });
 */
export function averagePool(he: Evaluator, options: AveragePoolOptions): EncodedLayer {
  return encodeAveragePool(he, averagePoolLayer(options));
}

export function encodeAveragePool(he: Evaluator, layer: AveragePoolLayer): EncodedLayer {
  return encodedLayer(he, layer, {
    outputState: ({ level, scale }, inputShape) =>
      settledState(he.parameters, layer, { level, scale: scale * commonDivisor(layer, inputShape) }),
    open: ({ scale }, inputShape) => {
      const [, height, width] = inputShape;
      const [, outHeight, outWidth] = layerOutputShape(layer, inputShape);
      const common = commonDivisor(layer, inputShape);
      return {
        compute(inputs, index) {
          const plane = Math.floor(index / (outHeight * outWidth));
          const pixel: Pair = [Math.floor(index / outWidth) % outHeight, index % outWidth];
          const taps = tapsAt(layer, [height, width], pixel);
          const pixels = taps.map(({ row, column }) => inputs((plane * height + row) * width + column));
          const sum = multiplyByInteger(he, addUp(he, pixels), common / poolDivisor(layer, taps.length));
          return finished(sum, (mean) => {
            he.setScaleInplace(mean, scale * common);
            settle(he, mean);
          });
        },
      };
    },
  });
}

/** The least number that every pixel's divisor divides: at a border without `countIncludePad` divisors differ. */
function commonDivisor(layer: AveragePoolLayer, [, height, width]: Shape): number {
  if (layer.countIncludePad) return poolDivisor(layer, 0);
  const [outHeight, outWidth] = outputSize(layer, [height, width]);
  let common = 1;
  for (let row = 0; row < outHeight; row++) {
    for (let column = 0; column < outWidth; column++) {
      const divisor = poolDivisor(layer, tapsAt(layer, [height, width], [row, column]).length);
      common *= divisor / greatestCommonDivisor(common, divisor);
    }
  }
  return common;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function addUp(he: Evaluator, [first, ...others]: readonly Ciphertext[]): Ciphertext {
  return finished(he.copy(first), (sum) => {
    for (const other of others) he.addInplace(sum, other);
  });
}

/** An integer is encoded exactly at scale 1, so this costs no scale. */
function multiplyByInteger(he: Evaluator, sum: Ciphertext, integer: number): Ciphertext {
  if (integer === 1) return sum;
  using factor = sum;
  using plain = he.encodeScalar(integer, { level: factor.level, scale: 1 });
  return he.multiplyPlain(factor, plain);
}
