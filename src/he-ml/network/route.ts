import type { Packing } from "../crypto/packing.js";
import { checkParameters, parametersSpec, sameParameters } from "../crypto/parameters.js";
import { InputError } from "../errors.js";
import type { ClientSpec } from "../program/client-spec.js";
import { Client } from "../service/client.js";
import { askPrograms } from "./asked-programs.js";
import type { Connection } from "./connection.js";
import { Leg, type LegOptions } from "./leg.js";
import { modelsSchema, routes, type ModelSummary, type ProgramRequest } from "./protocol.js";

/** A server, and the layers that it is to compute. */
export interface Place {
  readonly server: Connection;
  /** All, or all from re-encryption to re-encryption, if left out. */
  readonly layers?: readonly number[];
}

/** What is to be computed, where, and how. */
export interface RouteRequest {
  readonly net: string;
  /** In order; several of them name their layers. */
  readonly places: readonly Place[];
  readonly packing?: Packing;
  readonly parameters?: ProgramRequest["parameters"];
  readonly reencryptPositions?: readonly number[];
  readonly security?: "teaching";
}

/** What a model takes from image to logits: programs in order, each on its server, all under one secret key. */
export interface Route {
  /** The model's own name. */
  readonly net: string;
  readonly legs: readonly Leg[];
  /** Of the model's layers; only where there is a re-encryption between two legs. */
  readonly layerNames?: readonly string[];
}

/** Whether a leg begins with a fresh encryption, and not with what another program left. */
export const isFresh = ({ input, digest }: ClientSpec) => input.program === digest;

const mostModelsBytes = 2 ** 24;

/** The models of a server. */
export async function askModels(server: Connection, signal?: AbortSignal): Promise<readonly ModelSummary[]> {
  const ask = {
    method: "GET",
    path: routes.models,
    mostBytes: mostModelsBytes,
    repeatable: true,
    signal,
  } as const;
  return (await server.json(ask, modelsSchema)).models;
}

/**
 * Asks each server for its programs, and makes a client of each. No keys are sent yet.
 *
 * @param secretKey as `Client.exportSecretKey` gives it; a new one is made if left out. A function decides when the parameters are known
 * @throws InputError if a server's programs are not what was asked for, or do not follow each other
 */
export async function openRoute(
  request: RouteRequest,
  secretKey: Uint8Array | undefined | ((parameters: ClientSpec["parameters"]) => Uint8Array | undefined),
  options: Pick<LegOptions, "signal" | "onProgress">,
): Promise<Route> {
  const { net, places, security } = request;
  const { signal } = options;
  const parameters = request.parameters ?? (await sharedParameters(request, signal));
  const legs: Leg[] = [];
  let name = net;
  for (const place of places) {
    const asked = { ...requestFor(place, { ...request, parameters }, legs.at(-1)?.spec) };
    const programs = await askPrograms(place.server, asked, signal);
    const askAgain = async (until: AbortSignal) =>
      (await askPrograms(place.server, asked, until)).specs.map(({ digest }) => digest);
    name = legs.length === 0 ? programs.net : name;
    for (const spec of programs.specs) {
      const before = legs.at(-1)?.client;
      const key = typeof secretKey === "function" ? secretKey(spec.parameters) : secretKey;
      const client = before
        ? isFresh(spec)
          ? before.inPart(spec)
          : before.continuedBy(spec)
        : key
          ? await Client.fromSecretKey(spec, key, { security })
          : await Client.create(spec, { security });
      legs.push(new Leg(place.server, client, { ...options, askAgain }));
    }
  }
  const hasReencryption = legs.slice(1).some(({ spec }) => isFresh(spec));
  return {
    net: name,
    legs,
    layerNames: hasReencryption ? await namesOf(places[0].server, name, signal) : undefined,
  };
}

/** What a place is asked for, behind the programs of those before it. */
function requestFor(
  { layers }: Place,
  { net, packing, parameters, reencryptPositions = [] }: RouteRequest,
  before?: ClientSpec,
) {
  const first = layers?.[0] ?? 0;
  const inside = reencryptPositions.filter(
    (position) => position > first && (!layers || position <= layers.at(-1)!),
  );
  const asked = { net, layers, reencryptPositions: inside.length > 0 ? inside : undefined };
  if (!before) return { ...asked, packing, parameters };
  if (before.layers.at(-1)! + 1 !== first) {
    throw new InputError(
      `remote model: expected layers from ${before.layers.at(-1)! + 1} on behind those before, got ${first}; let no layer out`,
    );
  }
  if (reencryptPositions.includes(first))
    return { ...asked, packing: before.packing, parameters: written(before) };
  return { ...asked, packing: before.packing, input: before.output };
}

/**
 * Parameters for programs on several servers between which values are encrypted afresh: those that the first server would take
 * for all of them, as each server knows of its own layers only.
 */
async function sharedParameters(
  { net, places, packing, reencryptPositions = [] }: RouteRequest,
  signal: AbortSignal,
): Promise<ProgramRequest["parameters"]> {
  if (!places.slice(1).some(({ layers }) => reencryptPositions.includes(layers![0]))) return undefined;
  const layers = places.flatMap((place) => place.layers!);
  const { specs } = await askPrograms(places[0].server, { net, layers, packing, reencryptPositions }, signal);
  return written(specs[0]);
}

const written = ({ parameters }: ClientSpec) => parametersSpec(checkParameters(parameters));

async function namesOf(
  server: Connection,
  net: string,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  const models = await askModels(server, signal);
  return models.find((model) => model.net === net)?.layers.map(({ name }) => name);
}

/** Whether two specifications take the same secret key. */
export const sameKey = (a: ClientSpec["parameters"], b: ClientSpec["parameters"]) =>
  sameParameters(checkParameters(a), checkParameters(b));
