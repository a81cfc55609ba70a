import { describe, expect, test } from "@jest/globals";
import { InputError } from "../../../src/he-ml/errors.js";
import { advise, type AdviceGoals, type AdviseOptions } from "../../../src/he-ml/parameters-tester/advise.js";
import { defineModel, type Model, type Network } from "../../../src/he-ml/model/model.js";
import { activationLayer } from "../../../src/he-ml/model/activation.js";
import { zeros } from "../../../src/he-ml/tensor/tensor.js";
import { smallModel } from "../layers/small-model.js";
import { rejectedBy } from "../support.js";

describe("advise refuses in one line", () => {
  const refusal = async (goals: object, options: object = {}, model: Network = smallModel) => {
    const error = await rejectedBy(() =>
      advise(model as Model, goals as AdviceGoals, options as AdviseOptions),
    );
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).not.toContain("\n");
    return (error as Error).message;
  };

  test.each([
    [{ goal: "speed" }, {}, /^advise: goals: goal: expected latency, throughput, upload/],
    [{ relativeError: 0 }, {}, /^advise: goals: relativeError/],
    [{ security: "teaching" }, {}, /security: expected 128, 192 or 256/],
    [{ securityTable: "2020" }, {}, /securityTable: expected "2018" or "2024"/],
    [{ precision: 1 }, {}, /^advise: goals: the whole: .*precision/],
    [{}, { images: zeros([2, 1, 5, 5]) }, /advise: images/],
    [{}, { threads: 0 }, /^advise: options: threads/],
  ])("%j %j", async (goals, options, message) => {
    expect(await refusal(goals, options)).toMatch(message);
  });

  test("a model that cannot be encrypted", async () => {
    const layers = [activationLayer({ name: "relu1", function: "relu" })];
    expect(await refusal({}, {}, defineModel({ name: "r", inputShape: [4], layers }))).toMatch(/relu1/);
  });
});
