import { payloadLength } from "../crypto/byte-format.js";
import type { CkksParameters } from "../crypto/parameters.js";
import { InputError } from "../errors.js";
import { requireRoom } from "../planner/room.js";
import type { compile } from "../program/compile.js";
import { Client } from "../service/client.js";
import { Server } from "../service/server.js";
import { timed } from "../service/timed.js";
import { toldTwin, type OpenedSet, type SetToOpen } from "./opened-set.js";
import { inTurn } from "./recording.js";

/** As many images are looked at to plan by as the command `infer` does. */
const samples = 2;

/**
 * One image after the other under the same keys, by a plan of stages.
 *
 * @param compileModel by whose costs it is planned
 * @throws InputError naming the stage that the parameters do not carry
 */
export async function openPacked(
  { part, parameters, reencryptPositions, signal: planSignal }: SetToOpen<CkksParameters>,
  compileModel: typeof compile,
): Promise<OpenedSet> {
  const { model, images } = part;
  if (reencryptPositions.length > 0) {
    throw new InputError(
      "reencrypt_positions: packing packed cannot re-encrypt between its stages; take packing batch or scalar",
    );
  }
  const program = await compileModel(model, {
    packing: "packed",
    parameters,
    valueRanges: model.valueRanges,
    samples: inTurn(images, Math.min(samples, images.shape[0])),
    signal: planSignal,
  });
  const { clientSpec } = program;
  const plan = program.plan!;
  requireRoom(plan, images);
  const security = parameters.security === "teaching" ? parameters.security : undefined;
  const [{ client, keys }, keysMilliseconds] = await timed(async () => {
    const made = await Client.create(clientSpec, { security });
    return { client: made, keys: made.evaluationKeys };
  });
  const server = await Server.start(program);
  try {
    const session = await server.connect(keys);
    return {
      steps: plan.stages,
      keysMilliseconds,
      evaluationKeyBytes: payloadLength(keys),
      imagesAtOnce: 1,
      async *run(image, { onEncrypted, onDecrypted, ...watch }) {
        const { signal } = watch;
        const [request, encryptMilliseconds] = await timed(() => client.encryptAsync(image, { signal }));
        onEncrypted();
        const twin = toldTwin(client.twin(image), onDecrypted);
        const response = yield* session.forward(request, { ...watch, twin });
        return {
          encryptMilliseconds,
          inputBytes: payloadLength(request),
          outputBytes: payloadLength(response),
        };
      },
      [Symbol.asyncDispose]: () => server.close(),
    };
  } catch (error) {
    await server.close();
    throw error;
  }
}
