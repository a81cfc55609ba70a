import * as z from "zod";
import { isObject, listInWords, requireOptions } from "../arguments.js";
import { packingSchema, type Packing } from "../crypto/packing.js";
import { checkParameters, parametersSpec, type ParametersSpec } from "../crypto/parameters.js";
import { InputError } from "../errors.js";
import { bytesSchema } from "../schema.js";
import { Connection } from "./connection.js";
import type { LegProgress } from "./leg.js";
import type { RemoteStage } from "./remote-inference.js";
import type { RouteRequest } from "./route.js";

/** One server of several that share a network. */
export interface RemoteLeg {
  readonly url: string;
  /** Numbers of the layers that it computes; each server's follow those of the one before. */
  readonly layers: readonly number[];
  /** The option `token` if left out. */
  readonly token?: string;
}

/** How far a remote model is, in bytes. */
export interface RemoteProgress extends Omit<LegProgress, "stage"> {
  readonly stage: "program" | LegProgress["stage"] | RemoteStage;
}

export interface RemoteOptions {
  /** Numbers of the layers to compute, contiguous; all if left out. */
  readonly layers?: readonly number[];
  /** Chosen by the server if left out. */
  readonly packing?: Packing;
  /** Chosen by the server if left out; the client checks them. */
  readonly parameters?: ParametersSpec;
  /** Numbers of layers before which values are decrypted here and encrypted afresh; those that the server asks for if left out. */
  readonly reencryptPositions?: readonly number[];
  /** What the server wants to see from those that may use it. */
  readonly token?: string;
  /** Ends connecting, and all that the model does later. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: RemoteProgress) => void;
  /** As `exportSecretKey` gave it, to go on with; a new one is made if left out. */
  readonly secretKey?: Uint8Array;
  /** `"teaching"` agrees to parameters without security; that a server wishes them is not enough. */
  readonly security?: "teaching";
}

const layersSchema = z
  .array(z.int().min(0))
  .min(1)
  .refine((layers) => layers.every((layer, i) => layer === layers[0] + i), {
    error: "expected a range without gaps, as [0, 1, 2]",
  });
const functionSchema = z.custom<(...given: never[]) => void>((value) => typeof value === "function", {
  error: "expected a function",
});

/** Also one of another realm, as cells of a notebook are. */
const signalSchema = z.custom<AbortSignal>((value) => isObject(value) && "throwIfAborted" in value, {
  error: "expected an AbortSignal",
});

const optionsSchema = z.strictObject({
  layers: layersSchema.optional(),
  packing: packingSchema.optional(),
  parameters: z.unknown().optional(),
  reencryptPositions: z.array(z.int().min(0)).optional(),
  token: z.string().optional(),
  signal: signalSchema.optional(),
  onProgress: functionSchema.optional(),
  secretKey: bytesSchema.optional(),
  security: z.literal("teaching").optional(),
});

const rangeSchema = z.strictObject({
  url: z.string(),
  net: z.string().min(1).max(200),
  layers: layersSchema.optional(),
  token: z.string().optional(),
});
const legsSchema = z
  .array(z.strictObject({ url: z.string(), layers: layersSchema, token: z.string().optional() }))
  .min(1);

/** @throws InputError naming the option that is unknown or wrong */
export function checkedOptions<Options extends object>(options: Options): Options {
  return checked("options", optionsSchema, requireOptions("remote model", options)) as Options;
}

/** @throws InputError naming the field of a range that is missing, unknown or wrong */
export const checkedRange = (range: unknown): z.output<typeof rangeSchema> =>
  checked("range", rangeSchema, range);

function checked<S extends z.ZodType>(what: string, schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new InputError(`remote model: ${[what, ...path.map(String)].join(".")}: ${message}`);
}

/** What is to be computed where. @throws InputError naming what is wrong, before anything is asked */
export function routeRequest(
  server: string | readonly RemoteLeg[],
  net: string,
  options: RemoteOptions,
): RouteRequest {
  const { layers, packing, parameters, reencryptPositions, token, security } = checkedOptions(options);
  checked("net", z.string().min(1).max(200), net);
  const written = parameters && parametersSpec(checkParameters(parameters));
  const asked = {
    net,
    packing,
    parameters: written,
    reencryptPositions: reencryptPositions && [...new Set(reencryptPositions)].sort((a, b) => a - b),
    security,
  };
  if (typeof server === "string")
    return { ...asked, places: [{ server: Connection.to(server, token), layers }] };
  const legs = checked("servers", legsSchema, server);
  if (layers)
    throw new InputError(`remote model: options.layers: each server names its own layers; leave it out`);
  const places = legs.map((leg) => ({
    server: Connection.to(leg.url, leg.token ?? token),
    layers: leg.layers,
  }));
  places.slice(1).forEach(({ layers: [first] }, index) => {
    const expected = places[index].layers.at(-1)! + 1;
    if (first === expected) return;
    throw new InputError(
      `remote model: servers: expected layers from ${expected} on behind ${listInWords(places[index].layers)}, got ${first}`,
    );
  });
  return { ...asked, places };
}
