import type { Model } from "../he-ml/model/model.js";
import { loadModel } from "../he-ml/node/files/load-model.js";
import { typicalCosts } from "../he-ml/planner/search/costs.js";
import { compile, type CompileOptions } from "../he-ml/program/compile.js";
import type { Program } from "../he-ml/program/program.js";
import type { Tensor } from "../he-ml/tensor/tensor.js";
import { loadTestImages } from "../train/load-dataset.js";

/** A committed network with test images that it takes. */
export interface NetworkWithImages {
  readonly model: Model;
  /** `[n, …inputShape]` */
  readonly images: Tensor;
}

/** Committed networks that take test images of MNIST, as they are or cut to 12×12. */
export type MnistNetwork = "mnist-small" | "lenet1" | "lenet1-12x12" | "lenet1-from-tanh";

/** @param count of test images, from the first on; up to 200 are committed */
export async function withImages(name: MnistNetwork, count: number): Promise<NetworkWithImages> {
  const model = await loadModel(name);
  const dataset = name === "lenet1-12x12" ? "mnist-12x12" : "mnist";
  const { images } = await loadTestImages(
    dataset,
    Array.from({ length: count }, (_, i) => i),
  );
  return { model, images };
}

/** Compiles by typical costs, so that a program is the same on any machine. */
export function compileAlike(model: Model, options: CompileOptions = {}): Promise<Program> {
  return compile(model, { ...options, costs: typicalCosts });
}

/** A way to pack values, as figures call it. */
export interface Way {
  readonly name: string;
  readonly options: Pick<CompileOptions, "packing" | "fuse">;
}

export const ways: readonly Way[] = [
  { name: "packed, fused", options: { packing: "packed" } },
  { name: "packed, unfused", options: { packing: "packed", fuse: false } },
  { name: "batch", options: { packing: "batch" } },
  { name: "scalar", options: { packing: "scalar" } },
];
