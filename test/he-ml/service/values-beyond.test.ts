import { beforeAll, describe, expect, test } from "@jest/globals";
import { linearLayer } from "../../../src/he-ml/model/linear.js";
import { defineModel } from "../../../src/he-ml/model/model.js";
import { squareLayer } from "../../../src/he-ml/model/square.js";
import { compile } from "../../../src/he-ml/program/compile.js";
import type { Program } from "../../../src/he-ml/program/program.js";
import { Client } from "../../../src/he-ml/service/client.js";
import { infer } from "../../../src/he-ml/service/infer.js";
import { Server } from "../../../src/he-ml/service/server.js";
import { tensor } from "../../../src/he-ml/tensor/tensor.js";
import { lazyParameters, randomTensor, rejectedBy, sigmas, thrownBy } from "../support.js";

const model = defineModel({
  name: "two squares",
  inputShape: [4],
  layers: [
    linearLayer({ name: "fc1", weights: randomTensor([4, 4], 1) }),
    squareLayer({ name: "square1" }),
    linearLayer({ name: "fc2", weights: randomTensor([4, 4], 2) }),
    squareLayer({ name: "square2" }),
    linearLayer({ name: "fc3", weights: randomTensor([3, 4], 3) }),
  ],
});
const parameters = lazyParameters;
const clientOf = (spec: unknown) => Client.create(spec, { security: "teaching" });
const filled = (value: number) => tensor([1, 4], [value, value, -value, value]);
const messageOf = (error: unknown) => (error as Error).message;

describe("values beyond the range that a packed program was made for", () => {
  let unknown: Program;
  let known: Program;
  beforeAll(async () => {
    unknown = await compile(model, { parameters });
    // Samples so small that ordinary images outgrow what there is room for, but not the range.
    known = await compile(model, {
      parameters,
      samples: filled(0.5),
      valueRanges: [{ name: "input", min: -16, max: 16 }],
    });
  });

  test("a client refuses to encrypt, and says what the program was made for", async () => {
    const client = await clientOf(JSON.parse(JSON.stringify(unknown.clientSpec)));
    expect(unknown.clientSpec.inputRange).toEqual({ min: 0, max: 1, assumed: true });
    expect(messageOf(thrownBy(() => client.encrypt(filled(255))))).toMatch(
      /^encrypt: images hold values up to 255, the program was made for 0 to 1, as nothing else was known; .*\{ samples \}/,
    );
    client.encrypt(filled(-1));
  });

  test("a model's recorded range is its program's, and samples widen it", async () => {
    expect(known.clientSpec.inputRange).toEqual({ min: -16, max: 16, assumed: false });
    const batch = await compile(model, { packing: "batch" });
    expect(batch.clientSpec.inputRange).toBeUndefined();
  });

  test("infer checks what every stage computes of every image, before anything is encrypted", async () => {
    const images = tensor([2, 4], [...filled(0.5).data, ...filled(16).data]);
    expect(messageOf(await rejectedBy(() => infer(known, images)))).toMatch(
      /^image 1: stage "fc\d.*": values up to .*, there is room for .* at level \d of /,
    );
    const { results } = await infer(known, filled(0.5));
    // A third of the largest logit: samples as small as these leave it few bits.
    expect(results[0].maxAbsError).toBeLessThan(sigmas * known.plan!.stages.at(-1)!.predictedError);
  });

  test("a client that gets garbage back says so", async () => {
    const client = await clientOf(known.clientSpec);
    await using server = await Server.start(known);
    const session = await server.connect(client.evaluationKeys);
    const { response } = await session.run(client.encrypt(filled(16)));
    expect(messageOf(thrownBy(() => client.decrypt(response)))).toMatch(/outgrew it on the way.*garbage/);
  });
});
