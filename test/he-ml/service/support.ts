import { expect } from "@jest/globals";
// Worker threads load plain JavaScript, so the service is tested as it is built.
import {
  Client,
  InputError,
  checkParameters,
  compile,
  modelForward,
  tensor,
  typicalCosts,
  type CompileOptions,
  type Tensor,
  type Program,
} from "../../../dist/he-ml/node/index.js";
import { tinyModel, waves } from "../../cli/support.js";
import { maxAbsDifference, rejectedBy } from "../support.js";

export const parameters = checkParameters({
  polyModulusDegree: 1024,
  coeffModulusBits: [50, 60, 48, 60],
  scaleBits: 20,
  weightScaleBits: 16,
  security: "teaching",
});
export const compiled = (options: CompileOptions = {}): Promise<Program> =>
  compile(tinyModel, { parameters, costs: typicalCosts, ...options });
/** As it reaches a client: through JSON. */
export const clientOf = (program: Program) =>
  Client.create(JSON.parse(JSON.stringify(program.clientSpec)), { security: "teaching" });

export const images = tensor([3, 1, 6, 6], waves(108, 1));
export const negative = tensor(
  images.shape,
  images.data.map((value) => -value),
);
export const plain = (batch: Tensor) => modelForward(tinyModel, batch).at(-1)!;
/** Errors at these scales stay below this, other answers do not. */
export const tolerance = 0.05;
export const expectLogits = (logits: Tensor, batch: Tensor): void => {
  expect(logits.shape).toEqual(plain(batch).shape);
  expect(maxAbsDifference(logits.data, plain(batch).data)).toBeLessThan(tolerance);
};
expect(maxAbsDifference(plain(images).data, plain(negative).data)).toBeGreaterThan(4 * tolerance);

export const refusal = async (work: () => Promise<unknown>): Promise<string> => {
  const error = await rejectedBy(work);
  expect(error).toBeInstanceOf(InputError);
  expect((error as Error).message).not.toContain("\n");
  return (error as Error).message;
};

export const packings = ["packed", "batch", "scalar"] as const;
