import { expect } from "@jest/globals";
import { mostModulusBits, type AskedSecurity } from "../../../src/he-ml/crypto/security-tables.js";
import { planModel } from "../../../src/he-ml/planner/plan.js";
import { typicalCosts } from "../../../src/he-ml/planner/search/costs.js";
import { compile } from "../../../src/he-ml/program/compile.js";
import { smallModel } from "../layers/small-model.js";

/** Plans with the security that is asked for, packed and layer by layer, and holds the parameters against its table. */
export async function checkChosen(asked: Required<AskedSecurity>): Promise<void> {
  const { parameters: planned } = planModel(smallModel, { ...asked, evaluator: "kernel" });
  const layered = await compile(smallModel, { packing: "batch", costs: typicalCosts, ...asked });
  for (const parameters of [planned, layered.parameters]) {
    expect(parameters.security).toBe(asked.security);
    expect(parameters.securityTable ?? "2018").toBe(asked.securityTable);
    const bits = parameters.coeffModulusBits.reduce((sum, size) => sum + size, 0);
    const { polyModulusDegree } = parameters;
    expect(bits).toBeLessThanOrEqual(mostModulusBits({ ...asked, polyModulusDegree }));
  }
}
