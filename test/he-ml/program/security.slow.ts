import { expect, test } from "@jest/globals";
import { securityLevels, securityTableNames } from "../../../src/he-ml/crypto/security-tables.js";
import { planModel } from "../../../src/he-ml/planner/plan.js";
import { smallModel } from "../layers/small-model.js";
import { thrownBy } from "../support.js";
import { checkChosen } from "./security.js";

const asked = securityLevels.flatMap((security) =>
  securityTableNames.map((securityTable) => ({ security, securityTable })),
);

test.each(asked)("parameters that are chosen hold the security that is asked for: %j", checkChosen);

test("a model that nothing so secure carries says which security", () => {
  expect(
    (
      thrownBy(() =>
        planModel(smallModel, { relativeError: 1e-60, security: 256, securityTable: "2024" }),
      ) as Error
    ).message,
  ).toMatch(/^plan: no 256-bit parameters by the guidelines of 2024 carry model/);
});
