import * as tf from "@tensorflow/tfjs-core";
import { initializers, layers } from "@tensorflow/tfjs-layers";
import type { Padding, Pair } from "../he-ml/model/layer.js";

type LayerConfig = NonNullable<ConstructorParameters<typeof layers.Layer>[0]>;

/** What tfjs's own convolution cannot say: padding on each side by itself, and groups. */
export interface ConvolutionConfig extends LayerConfig {
  readonly filters: number;
  readonly kernelSize: Pair;
  readonly strides: Pair;
  readonly padding: Padding;
  readonly groups: number;
}

/** A 2-D convolution of images `[n, h, w, c]` with a bias, as PyTorch has it. Its weights are loaded, not drawn. */
export class Convolution extends layers.Layer {
  static readonly className: string = "Convolution";

  constructor(readonly options: ConvolutionConfig) {
    super(options);
  }

  override build(inputShape: number[]): void {
    const { filters, kernelSize, groups } = this.options;
    const shape = [...kernelSize, inputShape[3] / groups, filters];
    this.addWeight("kernel", shape, "float32", initializers.zeros());
    this.addWeight("bias", [filters], "float32", initializers.zeros());
    this.built = true;
  }

  override computeOutputShape([count, height, width]: number[]): number[] {
    const { filters, kernelSize, strides, padding } = this.options;
    return [
      count,
      Math.floor((height + padding.top + padding.bottom - kernelSize[0]) / strides[0]) + 1,
      Math.floor((width + padding.left + padding.right - kernelSize[1]) / strides[1]) + 1,
      filters,
    ];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const { strides, padding, groups } = this.options;
    const [kernel, bias] = this.weights.map((weight) => weight.read());
    return tf.tidy(() => {
      const images = padded(Array.isArray(inputs) ? inputs[0] : inputs, padding);
      const channels = splitChannels(images, groups);
      const kernels = splitChannels(kernel, groups);
      const parts = channels.map((part, group) =>
        tf.conv2d(part as tf.Tensor4D, kernels[group] as tf.Tensor4D, [...strides], "valid"),
      );
      return tf.add(parts.length === 1 ? parts[0] : tf.concat(parts, 3), bias);
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { filters, kernelSize, strides, padding, groups } = this.options;
    return {
      ...super.getConfig(),
      filters,
      kernelSize: [...kernelSize],
      strides: [...strides],
      padding: { ...padding },
      groups,
    };
  }
}

export interface AveragePoolConfig extends LayerConfig {
  readonly kernelSize: Pair;
  readonly strides: Pair;
  readonly padding: Padding;
  readonly countIncludePad: boolean;
}

/** An average pool of images `[n, h, w, c]`, padded on each side by itself, as PyTorch has it. */
export class AveragePool extends layers.Layer {
  static readonly className: string = "AveragePool";

  constructor(readonly options: AveragePoolConfig) {
    super(options);
  }

  override computeOutputShape([count, height, width, channels]: number[]): number[] {
    const { kernelSize, strides, padding } = this.options;
    return [
      count,
      Math.floor((height + padding.top + padding.bottom - kernelSize[0]) / strides[0]) + 1,
      Math.floor((width + padding.left + padding.right - kernelSize[1]) / strides[1]) + 1,
      channels,
    ];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const { padding, countIncludePad } = this.options;
    return tf.tidy(() => {
      const images = Array.isArray(inputs) ? inputs[0] : inputs;
      const means = this.meansOf(padded(images, padding));
      if (countIncludePad) return means;
      const [, rows, columns] = images.shape;
      return tf.div(means, this.meansOf(padded(tf.ones([1, rows, columns, 1]), padding)));
    });
  }

  private meansOf(images: tf.Tensor): tf.Tensor {
    const { kernelSize, strides } = this.options;
    return tf.avgPool(images as tf.Tensor4D, [...kernelSize], [...strides], "valid");
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { kernelSize, strides, padding, countIncludePad } = this.options;
    return {
      ...super.getConfig(),
      kernelSize: [...kernelSize],
      strides: [...strides],
      padding: { ...padding },
      countIncludePad,
    };
  }
}

/** A split into one part has no gradient in tfjs 4.22 ("Pass at least one tensor to concat"). */
function splitChannels(values: tf.Tensor, groups: number): tf.Tensor[] {
  return groups === 1 ? [values] : tf.split(values, groups, 3);
}

function padded(images: tf.Tensor, { top, bottom, left, right }: Padding): tf.Tensor {
  if (top + bottom + left + right === 0) return images;
  return tf.pad(images, [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ]);
}

tf.serialization.registerClass(Convolution);
tf.serialization.registerClass(AveragePool);
