import { expect } from "@jest/globals";
import type { Packing } from "../../../src/he-ml/crypto/packing.js";
import { typicalCosts } from "../../../src/he-ml/planner/search/costs.js";
import { compile, type CompileOptions } from "../../../src/he-ml/program/compile.js";
import { smallModel } from "../layers/small-model.js";
import { lazyParameters } from "../support.js";

export const compiled = (options: CompileOptions = {}, model = smallModel) =>
  compile(model, { parameters: lazyParameters, costs: typicalCosts, ...options });

/** A program of the layers before a cut leaves room in the modulus for the rest, which goes on from it. */
export async function checkRange(packing: Packing | "packed", cut: number): Promise<void> {
  const layers = [0, 1, 2, 3, 4];
  const parameters = packing === "packed" ? undefined : lazyParameters;
  const first = await compiled({ packing, parameters, layers: layers.slice(0, cut) });
  const rest = await compiled({ parameters: undefined, input: first.clientSpec.output });
  expect(rest.packing).toBe(packing);
  expect(rest.layers).toEqual(layers.slice(cut));
  expect(rest.parameters.coeffModulusBits).toEqual(first.parameters.coeffModulusBits);
  const { program, end, level, scale } = first.clientSpec.output;
  expect(rest.clientSpec.input).toEqual({ program, end, level, scale });
  expect(rest.clientSpec.slotLayout).toEqual(first.clientSpec.output.slotLayout);
}
