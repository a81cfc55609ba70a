import { sameParameters, checkParameters } from "../crypto/parameters.js";
import type { SchemeParameters } from "../crypto/scheme-parameters.js";
import { tensorFromBytes } from "../crypto/tensor-bytes.js";
import { InputError } from "../errors.js";
import { selectLayers } from "../model/layer-range.js";
import {
  ciphertextsFromBase64,
  computeParameters,
  keysFromBase64,
  requireCiphertextLength,
  type ComputeRequest,
} from "../network/compute-message.js";
import { fromBase64, unnest } from "../network/nested-base64.js";
import type { SessionInfo } from "../network/protocol.js";
import { formatShape, sizeOf, type Shape } from "../tensor/tensor.js";
import type { LayersRequest, ModelReference } from "../engine/engine-types.js";
import type { ServedModel } from "./models.js";
import { requireProgram, requireSession, type Service } from "./service.js";

/** What the engine is asked for a `POST /compute`. */
export interface ComputeTask {
  readonly model: ModelReference;
  readonly request: LayersRequest;
  /** Ciphertexts, then keys. */
  readonly input: readonly Uint8Array[];
  /** Of all images that come out. */
  readonly shape: Shape;
}

/** @throws InputError if the message cannot be computed, before anything in it is loaded; HttpError for what is unknown */
export async function computeTask(service: Service, message: ComputeRequest): Promise<ComputeTask> {
  const served = service.models.find(message.net);
  const all = served.summary.layers;
  const range = selectLayers(all, message.layers ?? all.map(({ index }) => index));
  const layers = range.map(({ index }) => index);
  const { parameters, spec } = computeParameters(message);
  requireKeys(message, served, layers);
  const session = message.session === undefined ? undefined : await requireSession(service, message.session);
  if (session) await requireSameParameters(service, session, parameters);

  const [first] = layers;
  const shape = first === 0 ? served.summary.inputShape : all[first - 1].outputShape;
  const data = await dataOf(message, session, parameters, shape);
  const keys = message.keys ? keysFromBase64(message.keys, parameters) : [];
  const request: LayersRequest = {
    ...{ layers, shape, images: data.images, parameters: spec },
    ...scaleOf(message, parameters),
    ...(session && { session: session.session }),
    keys: { publicKey: keys.length > 0, relinKeys: keys.length > 1 },
  };
  return {
    model: served.reference,
    request,
    input: [...data.ciphertexts, ...keys],
    shape: [data.images, ...range.at(-1)!.outputShape],
  };
}

function requireKeys(
  { session, keys }: ComputeRequest,
  { summary, multiplying }: ServedModel,
  layers: readonly number[],
) {
  if (session !== undefined && keys) {
    throw new InputError(`session: expected it or keys, got both; send one of the two`);
  }
  const layer = multiplying.find((index) => layers.includes(index));
  if (layer === undefined || session !== undefined || keys?.relinKeys !== undefined) return;
  const { kind, name } = summary.layers[layer];
  throw new InputError(
    `layers ${layer}: ${kind} "${name}" needs relinearization keys; send session or keys with relinKeys`,
  );
}

async function requireSameParameters(
  service: Service,
  session: SessionInfo,
  parameters: SchemeParameters,
): Promise<void> {
  const { clientSpec } = await requireProgram(service, session.program);
  const own = checkParameters(clientSpec.parameters);
  if (parameters.scheme === "ckks" && sameParameters(parameters, own)) return;
  throw new InputError(
    `session: its keys were made under other parameters than encryption_parameters; send keys made under these, or another session`,
  );
}

function scaleOf({ scale }: ComputeRequest, parameters: SchemeParameters): Pick<LayersRequest, "scale"> {
  if (parameters.scheme === "bfv") return { scale: scale ?? 2 ** parameters.scaleBits };
  if (scale === undefined) return {};
  throw new InputError(`scale: expected none beside CKKS ciphertexts, which say theirs; leave it out`);
}

async function dataOf(
  { data, session: id }: ComputeRequest,
  session: SessionInfo | undefined,
  parameters: SchemeParameters,
  shape: Shape,
): Promise<{ readonly images: number; readonly ciphertexts: readonly Uint8Array[] }> {
  if (typeof data === "string") {
    if (id === undefined || !session) {
      throw new InputError(
        `data: an encrypted tensor in HE-ML's byte format needs its session; send session`,
      );
    }
    return ownTensor(data, session, parameters, shape);
  }
  const { texts, shape: given } = unnest("data", data);
  const [images, ...own] = given;
  if (formatShape(own) !== formatShape(shape)) throw unlike(shape, own);
  return { images, ciphertexts: await ciphertextsFromBase64(texts, parameters) };
}

const unlike = (expected: Shape, got: Shape) =>
  new InputError(
    `data: expected images of ${formatShape(expected)}, as the first layer takes them, got ${formatShape(got)}`,
  );

/** A client's tensor in our byte format. Its slots hold images, or copies of one: to the layers that is the same. */
function ownTensor(text: string, { program }: SessionInfo, parameters: SchemeParameters, shape: Shape) {
  const message = tensorFromBytes(fromBase64("data", text));
  if (message.program !== program) {
    throw new InputError(
      `data: expected a tensor for the session's program ${program.slice(0, 12)}…, got one for ${message.program.slice(0, 12)}…`,
    );
  }
  if (message.packing === "packed") {
    throw new InputError(
      `data: expected packing scalar or batch, got packed; run the session's program by PUT`,
    );
  }
  if (formatShape(message.shape) !== formatShape(shape)) throw unlike(shape, message.shape);
  const { ciphertexts } = message;
  const images = message.packing === "scalar" ? message.images : 1;
  const count = images * sizeOf(shape);
  if (ciphertexts.length !== count) {
    throw new InputError(`data: expected ${count} ciphertexts, got ${ciphertexts.length}`);
  }
  const [{ length }] = ciphertexts;
  requireCiphertextLength("data", length, parameters);
  if (ciphertexts.some((bytes) => bytes.length !== length)) {
    throw new InputError(`data: expected ciphertexts of one length; bring all to one level`);
  }
  return { images, ciphertexts };
}
