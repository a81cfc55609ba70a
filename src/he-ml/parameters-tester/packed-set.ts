import { payloadLength } from "../crypto/byte-format.js";
import type { CkksParameters } from "../crypto/parameters.js";
import type { LayerTrace } from "../layers/trace.js";
import type { LongWorkOptions } from "../long-work.js";
import { modelForward } from "../model/model.js";
import { requireRoom } from "../planner/room.js";
import type { compile } from "../program/compile.js";
import type { Program } from "../program/program.js";
import { Client } from "../service/client.js";
import { reencryptionName, reencryptionTrace } from "../service/reencryption-trace.js";
import { Server } from "../service/server.js";
import type { Session } from "../service/session.js";
import { timed } from "../service/timed.js";
import { toldTwin, type OpenedSet, type SetToOpen } from "./opened-set.js";
import { inTurn } from "./recording.js";
import { cutBefore } from "../model/layer-range.js";
import { testedPart, type TestedPart } from "./tested-part.js";

/** As many images are looked at to plan by as the command `infer` does. */
const samples = 2;

/** What is computed between two re-encryptions, by a program of its own. */
interface Stretch {
  /** Its layers; `first` counts from the first layer that is tested. */
  readonly part: TestedPart;
  readonly program: Program;
  readonly client: Client;
  readonly server: Server;
  readonly session: Session;
}

/**
 * One image after the other under the same secret key, by a plan of stages, or by several with re-encryptions between them.
 *
 * @param compileModel by whose costs it is planned
 * @throws InputError naming the stage that the parameters do not carry
 */
export async function openPacked(
  toOpen: SetToOpen<CkksParameters>,
  compileModel: typeof compile,
): Promise<OpenedSet> {
  const { part, reencryptPositions } = toOpen;
  const stretches: Stretch[] = [];
  const close = async () => {
    for (const { server } of stretches) await server.close();
  };
  let keysMilliseconds = 0;
  let evaluationKeyBytes = 0;
  try {
    for (const layers of cutBefore([...part.model.layers.keys()], reencryptPositions)) {
      const own = testedPart(part.model, part.images, layers);
      const program = await compiled(own, toOpen, compileModel);
      const creating = timed(async () => {
        const client = await clientOf(program, stretches[0]?.client);
        return { client, keys: client.evaluationKeys };
      });
      const [{ client, keys }, milliseconds] = await creating;
      keysMilliseconds += milliseconds;
      evaluationKeyBytes += payloadLength(keys);
      const server = await Server.start(program);
      try {
        stretches.push({ part: own, program, client, server, session: await server.connect(keys) });
      } catch (error) {
        await server.close();
        throw error;
      }
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    steps: stretches.flatMap(({ part: { model, first }, program }, i) => [
      ...(i === 0 ? [] : [{ name: reencryptionName(model.layers[0]) }]),
      ...program.plan!.stages.map(({ name, modelLayers }) => ({
        name,
        modelLayers: modelLayers.map((layer) => first + layer),
      })),
    ]),
    keysMilliseconds,
    evaluationKeyBytes,
    imagesAtOnce: 1,
    async *run(image, { onEncrypted, onDecrypted, ...watch }) {
      const costs = { encryptMilliseconds: 0, inputBytes: 0, outputBytes: 0 };
      let values = image;
      let exact = image;
      let last: LayerTrace | undefined;
      let decryptMilliseconds = 0;
      for (const { part: own, program, client, session } of stretches) {
        const { signal } = watch;
        const [request, milliseconds] = await timed(() => client.encryptAsync(values, { signal }));
        costs.inputBytes += payloadLength(request);
        if (last) {
          onDecrypted(values, decryptMilliseconds);
          const [layer] = own.model.layers;
          const took = decryptMilliseconds + milliseconds;
          yield reencryptionTrace(layer, program, { left: last, milliseconds: took });
        } else {
          costs.encryptMilliseconds = milliseconds;
          onEncrypted();
        }
        const twin = toldTwin(client.twin(exact), onDecrypted);
        const run = session.forward(request, { ...watch, twin });
        let step = await run.next();
        for (; !step.done; step = await run.next()) {
          last = { ...step.value, modelLayers: step.value.modelLayers.map((layer) => own.first + layer) };
          yield last;
        }
        const response = step.value;
        costs.outputBytes += payloadLength(response);
        [values, decryptMilliseconds] = await timed(() => client.decrypt(response));
        exact = modelForward(own.model, exact).at(-1)!;
      }
      return costs;
    },
    [Symbol.asyncDispose]: close,
  };
}

async function compiled(
  { model, images }: TestedPart,
  { parameters, signal }: { readonly parameters: CkksParameters } & Pick<LongWorkOptions, "signal">,
  compileModel: typeof compile,
): Promise<Program> {
  const program = await compileModel(model, {
    packing: "packed",
    parameters,
    valueRanges: model.valueRanges,
    samples: inTurn(images, Math.min(samples, images.shape[0])),
    signal,
  });
  requireRoom(program.plan!, images);
  return program;
}

/** A client with fresh keys, or with the secret key of another one. */
async function clientOf({ clientSpec, parameters }: Program, other: Client | undefined): Promise<Client> {
  if (other) return other.inPart(clientSpec);
  const security = parameters.security === "teaching" ? parameters.security : undefined;
  return Client.create(clientSpec, { security });
}
