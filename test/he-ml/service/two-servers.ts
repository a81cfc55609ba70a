import { expect } from "@jest/globals";
// Worker threads load plain JavaScript, so the service is tested as it is built.
import { Server, modelForward } from "../../../dist/he-ml/node/index.js";
import { tinyModel } from "../../cli/support.js";
import { maxAbsDifference, thrownBy } from "../support.js";
import { compiled, clientOf, images, tolerance, expectLogits, refusal, type packings } from "./support.js";

/** Runs these layers on one server and the rest on another, under one client's keys. */
export async function checkTwoServers(
  packing: (typeof packings)[number],
  layers: readonly number[],
): Promise<void> {
  const first = await compiled({ packing, layers });
  const rest = await compiled({ parameters: undefined, input: first.clientSpec.output });
  const client = await clientOf(first);
  const next = client.continuedBy(rest.clientSpec);
  const servers = [await Server.start(first, { threads: 0 }), await Server.start(rest, { threads: 1 })];
  const one = await servers[0].connect(client.evaluationKeys);
  const two = await servers[1].connect(next.evaluationKeys);
  const { response } = await one.run(client.encrypt(images));
  const answer = (await two.run(response)).response;
  expectLogits(next.decrypt(answer), images);
  // What one server gives out can be read as well.
  const inside = modelForward(tinyModel, images)[layers.at(-1)!];
  expect(maxAbsDifference(client.decrypt(response).data, inside.data)).toBeLessThan(tolerance);

  expect(await refusal(() => two.run(client.encrypt(images)))).toMatch(
    /expected an encrypted tensor that is the output of program [0-9a-f]{12}…, got the input of program/,
  );
  expect(await refusal(() => one.run(response))).toMatch(
    /expected .* the input of program .* got the output/,
  );
  expect(await refusal(() => servers[1].connect(client.evaluationKeys))).toMatch(
    /evaluation keys: they were made for program [0-9a-f]{12}, expected [0-9a-f]{12}/,
  );
  expect(String(thrownBy(() => next.encrypt(images)))).toMatch(/goes on with the output of program/);
  expect(String(thrownBy(() => client.decrypt(answer)))).toMatch(
    /decrypt: expected .* the output of program/,
  );
  for (const server of servers) await server.close();
}
