import { describe, expect, test } from "@jest/globals";
import { maxCoeffModulusBits } from "../../../src/he-ml/crypto/parameters.js";
import { mostModulusBits, securityLevels } from "../../../src/he-ml/crypto/security-tables.js";
import { InputError } from "../../../src/he-ml/errors.js";
import { defineModel } from "../../../src/he-ml/model/model.js";
import { planModel } from "../../../src/he-ml/planner/plan.js";
import { typicalCosts } from "../../../src/he-ml/planner/search/costs.js";
import { chooseParameters } from "../../../src/he-ml/program/chain.js";
import { compile, type CompileOptions } from "../../../src/he-ml/program/compile.js";
import { smallModel } from "../layers/small-model.js";
import { lazyParameters, rejectedBy, thrownBy } from "../support.js";
import { checkChosen } from "./security.js";

const usual = compile(smallModel, { costs: typicalCosts });

const bitsOf = ({ coeffModulusBits }: { readonly coeffModulusBits: readonly number[] }) =>
  coeffModulusBits.reduce((sum, bits) => sum + bits, 0);

describe("parameters that are chosen hold the security that is asked for:", () => {
  // Every level by every table: see security.slow.ts.
  test("192 bits by the guidelines of 2024, packed and layer by layer", () =>
    checkChosen({ security: 192, securityTable: "2024" }));

  test("more security takes a larger ring for the same network", () => {
    const degrees = securityLevels.map(
      (security) => chooseParameters(smallModel, [], { security }).polyModulusDegree,
    );
    expect(degrees).toEqual([16384, 16384, 32768]);
  });

  test("a model's own scales are kept, on a ring that is large enough", async () => {
    const own = { polyModulusDegree: 8192, coeffModulusBits: [50, 60, 48, 60], scaleBits: 21 };
    const model = defineModel({ ...smallModel, parameters: own });
    const { parameters } = await compile(model, { packing: "batch", costs: typicalCosts, security: 256 });
    expect(parameters).toMatchObject({ ...own, polyModulusDegree: 16384, security: 256 });
    expect(bitsOf(own)).toBeGreaterThan(mostModulusBits({ polyModulusDegree: 8192, security: 256 }));
  });

  test("the usual security said in words is no other program", async () => {
    const { digest, clientSpec, parameters } = await usual;
    const said = await compile(smallModel, { costs: typicalCosts, security: 128, securityTable: "2018" });
    expect(said.digest).toBe(digest);
    expect(JSON.stringify(said.clientSpec)).toBe(JSON.stringify(clientSpec));
    expect(bitsOf(parameters)).toBeLessThanOrEqual(maxCoeffModulusBits[parameters.polyModulusDegree]);
  });
});

describe("refused:", () => {
  const refusal = async (options: object) => {
    const error = await rejectedBy(() =>
      compile(smallModel, { costs: typicalCosts, ...options } as CompileOptions),
    );
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  };

  test("security beside parameters, which have their own", async () => {
    expect(await refusal({ parameters: lazyParameters, security: 192 })).toMatch(
      /^compile: security chooses parameters, and those given have their own; leave/,
    );
    expect(await refusal({ parameters: lazyParameters, securityTable: "2024" })).toMatch(/have their own/);
    const { clientSpec } = await compile(smallModel, { costs: typicalCosts, layers: [0, 1] });
    expect(await refusal({ input: clientSpec.output, security: 192 })).toMatch(/the input's have their own/);
    expect(
      (thrownBy(() => planModel(smallModel, { parameters: lazyParameters, security: 192 })) as Error).message,
    ).toMatch(/^plan: security chooses parameters/);
  });

  test("security beside the program whose keys are kept", async () => {
    expect(await refusal({ keysOf: await usual, security: 192 })).toMatch(
      /^compile: security is that of the program/,
    );
  });

  test("what is no level or table", async () => {
    expect(await refusal({ security: "teaching" })).toMatch(/security: expected 128, 192 or 256/);
    expect(await refusal({ securityTable: "1999" })).toMatch(/securityTable: expected "2018" or "2024"/);
    expect((thrownBy(() => planModel(smallModel, { security: 100 as never })) as Error).message).toMatch(
      /expected a security of 128, 192 or 256, got 100/,
    );
  });
});
