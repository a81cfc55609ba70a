import { expect, test } from "@jest/globals";
import { Client } from "../../../src/he-ml/service/client.js";
import { Server } from "../../../src/he-ml/service/server.js";
import { largeNetworks } from "../../../src/he-ml/service/bench-networks.js";
import { modelForward } from "../../../src/he-ml/model/model.js";
import { compile } from "../../../src/he-ml/program/compile.js";
import { errorStatistics } from "../../../src/he-ml/tensor/error-statistics.js";
import { tensor } from "../../../src/he-ml/tensor/tensor.js";
import { randomTensor } from "../support.js";

test.each(largeNetworks().map((model) => [model.name, model] as const))(
  "%s is planned, and computed encrypted as precisely as asked for",
  async (_, model) => {
    const { shape, data } = randomTensor([1, ...model.inputShape], 7);
    const image = tensor(
      shape,
      data.map((value) => Math.abs(value)),
    );
    const program = await compile(model);
    const client = await Client.create(program.clientSpec);
    await using server = await Server.start(program, { threads: 0 });
    const session = await server.connect(client.evaluationKeys);
    const { response } = await session.run(client.encrypt(image));
    const expected = modelForward(model, image).at(-1)!;
    const { relativeToMax } = errorStatistics(client.decrypt(response), expected);
    expect(relativeToMax).toBeLessThan(2 * program.relativeError);
  },
  300_000,
);
