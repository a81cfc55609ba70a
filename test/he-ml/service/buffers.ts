// Worker threads load plain JavaScript, so the service is tested as it is built.
import { Client, Server } from "../../../dist/he-ml/node/index.js";
import { compiled, clientOf, expectLogits, images, type packings } from "./support.js";

/** Everything that travels is taken as a Buffer in the midst of others, in this thread and on another. */
export async function checkBuffers(packing: (typeof packings)[number]): Promise<void> {
  const program = await compiled({ packing });
  const client = await clientOf(program);
  const again = await Client.fromSecretKey(program.clientSpec, pooled(client.exportSecretKey()), {
    security: "teaching",
  });
  for (const threads of [0, 1]) {
    await using server = await Server.start(program, { threads });
    const session = await server.connect(pooled(client.evaluationKeys));
    const { response } = await session.run(pooled(client.encrypt(images)));
    expectLogits(again.decrypt(pooled(response)), images);
  }
}

/** As Node reads files and sockets. */
function pooled(bytes: Uint8Array): Buffer {
  const pool = Buffer.alloc(bytes.length + 24, 77);
  pool.set(bytes, 13);
  return pool.subarray(13, 13 + bytes.length);
}
