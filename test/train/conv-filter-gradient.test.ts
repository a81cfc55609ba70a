import "@tensorflow/tfjs-backend-cpu";
// Brings the gradients of tfjs-core operations with it.
import "@tensorflow/tfjs-layers";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { useBackend } from "../../src/train/backend.js";
import { seededRandom } from "../../src/train/random.js";

type Image = [images: number, height: number, width: number, channels: number];
type Filter = [height: number, width: number, inChannels: number, outChannels: number];

function values(shape: number[], seed: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random() * 2 - 1);
}

async function gradientOn(
  backend: "wasm" | "cpu",
  image: Image,
  filter: Filter,
  strides: [number, number],
  pad: "valid" | "same",
): Promise<Float32Array> {
  await tf.setBackend(backend);
  return tf.tidy(() => {
    const x = tf.tensor4d(values(image, 1), image);
    const w = tf.tensor4d(values(filter, 2), filter);
    const output = tf.conv2d(x, w, strides, pad);
    const dy = tf.tensor4d(values(output.shape, 3), output.shape);
    return tf
      .grad((weights) => tf.conv2d(x, weights as tf.Tensor4D, strides, pad))(w, dy)
      .dataSync<"float32">();
  });
}

describe("the gradient of a convolution's filter on wasm", () => {
  beforeAll(async () => {
    // Keeps the cpu backend from advertising tfjs-node.
    tf.env().set("IS_TEST", true);
    await useBackend("wasm");
  });

  test.each<[Image, Filter, [number, number], "valid" | "same"]>([
    [[8, 28, 28, 1], [5, 5, 1, 4], [1, 1], "valid"],
    [[8, 12, 12, 4], [5, 5, 4, 12], [1, 1], "valid"],
    [[8, 28, 28, 1], [7, 7, 1, 4], [3, 3], "valid"],
    [[3, 11, 9, 2], [3, 2, 2, 5], [2, 2], "valid"],
    [[3, 11, 9, 2], [3, 2, 2, 5], [2, 1], "valid"],
    [[2, 10, 7, 3], [4, 3, 3, 2], [1, 3], "same"],
    [[2, 8, 8, 3], [3, 3, 3, 2], [1, 1], "same"],
    [[1, 6, 6, 1], [6, 6, 1, 1], [1, 1], "valid"],
    [[1, 5, 5, 1], [1, 1, 1, 1], [2, 2], "valid"],
  ])("equals the cpu backend's: image %p, filter %p, strides %p, %s", async (image, filter, strides, pad) => {
    const expected = await gradientOn("cpu", image, filter, strides, pad);
    const actual = await gradientOn("wasm", image, filter, strides, pad);
    const scale = Math.max(...expected.map(Math.abs));
    expect(scale).toBeGreaterThan(0.01);
    expect(actual.length).toBe(expected.length);
    actual.forEach((value, i) => {
      expect(Math.abs(value - expected[i])).toBeLessThan(1e-5 * scale);
    });
  });
});
