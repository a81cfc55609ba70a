import * as tf from "@tensorflow/tfjs-core";

/**
 * The gradient of a 2-D convolution with respect to its filter, from operations that every backend has.
 *
 * With y[n, r, c, o] = Σ x[n, r·s + i, c·s + j, k] · w[i, j, k, o], the chain rule gives
 * ∂L/∂w[i, j, k, o] = Σ over n, r, c of x[n, r·s + i, c·s + j, k] · dy[n, r, c, o].
 * That sum is itself a convolution: images become channels, input channels become images, and dy is the filter,
 * dilated by the stride s. Rows and columns the forward pass never reached give extra outputs, which are cut off.
 *
 * The formula is worked out from the definition above and tested against tfjs's cpu kernel; no code of a tfjs
 * kernel is used. That it is fast enough this way on wasm was found with a prototype of this project.
 *
 * @param x Input of the convolution, `[images, height, width, inChannels]`.
 * @param dy Gradient of the loss with respect to its output, `[images, outHeight, outWidth, outChannels]`.
 * @param info The forward convolution, of dilation 1.
 * @returns `[filterHeight, filterWidth, inChannels, outChannels]`
 */
export function convFilterGradient(
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  info: tf.backend_util.Conv2DInfo,
): tf.Tensor4D {
  return tf.tidy(() => {
    const { top, bottom, left, right } = info.padInfo;
    const padded = tf.pad(x, [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ]);
    const channelsAsImages = tf.transpose(padded, [3, 1, 2, 0]) as tf.Tensor4D;
    const gradientAsFilter = tf.transpose(dy, [1, 2, 0, 3]) as tf.Tensor4D;
    const dilation: [number, number] = [info.strideHeight, info.strideWidth];
    const correlated = tf.conv2d(channelsAsImages, gradientAsFilter, 1, "valid", "NHWC", dilation);
    const size = [info.inChannels, info.filterHeight, info.filterWidth, info.outChannels];
    return tf.transpose(tf.slice(correlated, [0, 0, 0, 0], size), [1, 2, 0, 3]) as tf.Tensor4D;
  });
}

/**
 * Gives tfjs's wasm backend the one kernel it lacks to train a CNN, `Conv2DBackpropFilter` (missing in 4.22).
 * Registering again has no effect, nor has it where tfjs brings a kernel of its own.
 */
export function registerConvFilterGradient(): void {
  if (tf.getKernel(tf.Conv2DBackpropFilter, "wasm")) return;
  tf.registerKernel({
    kernelName: tf.Conv2DBackpropFilter,
    backendName: "wasm",
    kernelFunc: ({ inputs, attrs }) => {
      const { x, dy } = inputs as unknown as { x: tf.Tensor4D; dy: tf.Tensor4D };
      const { strides, pad, dataFormat, dimRoundingMode, filterShape } =
        attrs as unknown as tf.Conv2DBackpropFilterAttrs;
      const layout = tf.backend_util.convertConv2DDataFormat(dataFormat);
      const info = tf.backend_util.computeConv2DInfo(
        x.shape,
        filterShape,
        strides,
        1,
        pad,
        dimRoundingMode,
        false,
        layout,
      );
      return convFilterGradient(x, dy, info);
    },
  });
}
