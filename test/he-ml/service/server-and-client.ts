import { expect } from "@jest/globals";
// Worker threads load plain JavaScript, so the service is tested as it is built.
import { Server } from "../../../dist/he-ml/node/index.js";
import { keysFromBytes, keysToBytes } from "../../../dist/he-ml/crypto/key-bytes.js";
import { parameters, compiled, clientOf, images, expectLogits, refusal, type packings } from "./support.js";

/** A server on so many threads refuses damaged keys, and serves the next client. */
export async function checkDamagedKeys(threads: number): Promise<void> {
  const program = await compiled();
  const client = await clientOf(program);
  const server = await Server.start(program, { threads });
  const damaged = client.evaluationKeys.slice();
  const message = keysFromBytes(damaged, parameters, program.digest, program.clientSpec);
  damaged.fill(0xff, damaged.length - 5000, damaged.length - 4000);
  damaged.fill(0xff, 3000, 3200);
  expect(await refusal(() => server.connect(damaged))).toMatch(/checksum/);
  const checksumWrittenAnew = keysToBytes(parameters, message);
  expect(await refusal(() => server.connect(checksumWrittenAnew))).not.toMatch(/checksum/);
  expect([server.sessions, server.keyBytes]).toEqual([0, 0]);
  const session = await server.connect(client.evaluationKeys);
  expectLogits(client.decrypt((await session.run(client.encrypt(images))).response), images);
  await server.close();
}

/** A session that is closed stops its runs wherever they are, and no other session's. */
export async function checkClosing(packing: (typeof packings)[number], threads: number): Promise<void> {
  const program = await compiled({ packing });
  const owner = await clientOf(program);
  const server = await Server.start(program, { threads });
  const session = await server.connect(owner.evaluationKeys);
  const request = owner.encrypt(images);
  const { length } = (await session.run(request)).traces;
  for (const read of [0, 1, length]) {
    const closing = await server.connect(owner.evaluationKeys);
    const run = closing.forward(request);
    for (let i = 0; i < read; i++) expect((await run.next()).done).toBe(false);
    await closing.close();
    expect(await refusal(() => run.next())).toMatch(/closed/);
  }
  const busy = await server.connect(owner.evaluationKeys);
  const rest = refusal(() => busy.run(request));
  await busy.close();
  expect(await rest).toMatch(/closed/);
  expectLogits(owner.decrypt((await session.run(request)).response), images);
  await server.close();
}
