import { finished, type Ciphertext } from "../../crypto/ciphertext.js";
import type { SchemeEvaluator } from "../../crypto/scheme-evaluator.js";
import {
  averagePoolLayer,
  type AveragePoolLayer,
  type AveragePoolOptions,
} from "../../model/average-pool.js";
import { layerOutputShape, layerRows } from "../../model/model.js";
import { sizeOf, type Shape } from "../../tensor/tensor.js";
import { encodedLayer, type EncodedLayer } from "../encoded-layer.js";
import { settle, settledState } from "../rescaling.js";

/**
 * An encrypted average pooling, PyTorch's `AvgPool2d`. Sums are additions; the division is none at all: the scale
 * is declared larger by the divisor, which costs log2(divisor) bits of scale and no level.
 *
 * @throws InputError if a side is padded by more than half the kernel
 * @example const pool = averagePool(he, { kernelSize: 2 });
 */
export function averagePool(he: SchemeEvaluator, options: AveragePoolOptions): EncodedLayer {
  return encodeAveragePool(he, averagePoolLayer(options));
}

export function encodeAveragePool(he: SchemeEvaluator, layer: AveragePoolLayer): EncodedLayer {
  return encodedLayer(he, layer, {
    outputState: ({ level, scale }, inputShape) =>
      settledState(he.parameters, layer, { level, scale: scale * commonDivisor(layer, inputShape) }),
    open: ({ scale }, inputShape) => {
      const rows = layerRows(layer, inputShape);
      const common = commonDivisor(layer, inputShape);
      return {
        compute(inputs, index) {
          const { length, inputs: positions, divisor } = rows(index);
          const pixels = Array.from(positions.subarray(0, length), (position) => inputs(position));
          const sum = multiplyByInteger(he, addUp(he, pixels), common / divisor);
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
  const plane = [1, height, width];
  const rows = layerRows(layer, plane);
  if (layer.countIncludePad) return rows(0).divisor;
  const outputs = sizeOf(layerOutputShape(layer, plane));
  let common = 1;
  for (let output = 0; output < outputs; output++) {
    const { divisor } = rows(output);
    common *= divisor / greatestCommonDivisor(common, divisor);
  }
  return common;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function addUp(he: SchemeEvaluator, [first, ...others]: readonly Ciphertext[]): Ciphertext {
  return finished(he.copy(first), (sum) => {
    for (const other of others) he.addInplace(sum, other);
  });
}

/** An integer is encoded exactly at scale 1, so this costs no scale. */
function multiplyByInteger(he: SchemeEvaluator, sum: Ciphertext, integer: number): Ciphertext {
  if (integer === 1) return sum;
  using factor = sum;
  using plain = he.encodeScalar(integer, { level: factor.level, scale: 1 });
  return he.multiplyPlain(factor, plain);
}
