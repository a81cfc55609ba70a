import { expect, test } from "@jest/globals";
import { InputError, Server, compile, infer, tensor, typicalCosts } from "../../../src/he-ml/index.js";
import { tinyModel, waves } from "../../cli/support.js";
import { classicParameters, rejectedBy } from "../support.js";

const program = await compile(tinyModel, { parameters: classicParameters });
const images = tensor([2, 1, 6, 6], waves(72, 1));

test("without Node a program is planned by typical costs, as long as no others are given", async () => {
  const chosen = await compile(tinyModel);
  const { polyModulusDegree, levels } = chosen.parameters;
  expect(chosen.costs).toEqual(typicalCosts(polyModulusDegree, levels));
  const twice = (degree: number, count: number) => ({ ...typicalCosts(degree, count), rotate: [2, 4, 6] });
  const given = { parameters: classicParameters, evaluator: "seal", costs: twice } as const;
  expect((await compile(tinyModel, given)).costs!.rotate).toEqual([2, 4, 6]);
});

test("without Node client and server meet in one thread", async () => {
  const { threads, results, layers } = await infer(program, images);
  expect(threads).toBe(0);
  expect(layers).toHaveLength(program.plan!.stages.length);
  expect(results).toHaveLength(2);
  for (const { relativeToMax } of results) expect(relativeToMax).toBeLessThan(0.015);
});

test("the core's server has no worker threads, and says so", async () => {
  const server = await Server.start(program, { threads: 0 });
  expect(server.threads).toBe(0);
  await server.close();
  const error = await rejectedBy(() => Server.start(program, { threads: 2 }));
  expect(error).toBeInstanceOf(InputError);
  expect((error as Error).message).toBe(
    "server: threads: expected 0, as there are no worker threads here, got 2",
  );
});
