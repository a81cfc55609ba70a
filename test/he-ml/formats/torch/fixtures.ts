import { readFileSync } from "node:fs";
import { join } from "node:path";
import { tensor, type Shape, type Tensor } from "../../../../src/he-ml/tensor/tensor.js";

/** Files that torch 2.13 wrote, with inputs and torch's own outputs; `make.py` beside them makes all of it. */
export const fixturesFolder = join("test", "fixtures", "torch");

export interface TorchCase {
  readonly name: string;
  readonly path: string;
  readonly inputShape: Shape;
  /** Whether the layers say the shape of images themselves. */
  readonly isInferred: boolean;
  readonly kinds: readonly string[];
  readonly description?: unknown;
  readonly inputs: Tensor;
  readonly outputs: Tensor;
}

interface RecordedCase extends Omit<TorchCase, "name" | "path" | "inputs" | "outputs"> {
  readonly file?: string;
  readonly outputShape: Shape;
  readonly inputs: number[];
  readonly outputs: number[];
}

/** Images of one dimension are one row high with us. */
const asImages = (count: number, shape: Shape) =>
  shape.length === 2 ? [count, shape[0], 1, shape[1]] : [count, ...shape];

const recorded = JSON.parse(readFileSync(join(fixturesFolder, "cases.json"), "utf8")) as Record<
  string,
  RecordedCase
>;

export const torchCases: readonly TorchCase[] = Object.entries(recorded).map(
  ([name, { file, outputShape, inputs, outputs, ...rest }]) => ({
    name,
    path: join(fixturesFolder, file ?? `${name}.pt`),
    ...rest,
    inputs: tensor(asImages(2, rest.inputShape), inputs),
    outputs: tensor(asImages(2, outputShape), outputs),
  }),
);
