import type { Packing } from "../crypto/packing.js";
import { checkParameters, parametersSpec, sameParameters } from "../crypto/parameters.js";
import { cutBefore } from "../model/layer-range.js";
import type { ClientSpec } from "../program/client-spec.js";
import { Client } from "../service/client.js";
import { askPrograms } from "./asked-programs.js";
import type { Connection } from "./connection.js";
import { Leg, type LegOptions } from "./leg.js";
import { modelNamed } from "./models.js";
import type { ProgramRequest } from "./protocol.js";

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

/**
 * Asks each server for its programs, and makes a client of each. No keys are sent yet.
 *
 * @param secretKey as `Client.exportSecretKey` gives it; a new one is made if left out. A function decides when the parameters are known
 * @throws InputError if a server's programs are not what was asked for, or do not follow each other
 */
export async function openRoute(
  given: RouteRequest,
  secretKey: Uint8Array | undefined | ((parameters: ClientSpec["parameters"]) => Uint8Array | undefined),
  options: Pick<LegOptions, "signal" | "onProgress">,
): Promise<Route> {
  const { places, security } = given;
  const { signal } = options;
  const request = places.length > 1 ? await forAllPlaces(given, signal) : given;
  const legs: Leg[] = [];
  let { net } = given;
  for (const place of piecesOf(request)) {
    const asked = requestFor(place, request, legs.at(-1)?.spec);
    const programs = await askPrograms(place.server, asked, signal);
    const askAgain = async (until: AbortSignal) =>
      (await askPrograms(place.server, asked, until)).specs.map(({ digest }) => digest);
    if (legs.length === 0) net = programs.net;
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
  if (!hasReencryption) return { net, legs };
  const { layers } = await modelNamed(places[0].server, net, signal);
  return { net, legs, layerNames: layers.map(({ name }) => name) };
}

/**
 * What each server of several has to know of all: where values are encrypted afresh, also where the first server's model asks for it;
 * and, as each compiles its own layers only, parameters that do for those behind as well.
 */
async function forAllPlaces(request: RouteRequest, signal: AbortSignal): Promise<RouteRequest> {
  const { net, places, packing } = request;
  const [{ server, layers: own }] = places;
  const reencryptPositions =
    request.reencryptPositions ?? (await modelNamed(server, net, signal)).reencryptPositions;
  const isFreshBehind = reencryptPositions.some((position) => position > own!.at(-1)!);
  if (request.parameters || !isFreshBehind) return { ...request, reencryptPositions };
  const layers = places.flatMap((place) => place.layers!);
  const { specs } = await askPrograms(server, { net, layers, packing, reencryptPositions }, signal);
  return { ...request, reencryptPositions, parameters: written(specs[0]) };
}

/** The places in the pieces in which they are asked for: the first server cuts by itself, others go on with what was before. */
function piecesOf({ places: [first, ...others], reencryptPositions = [] }: RouteRequest): readonly Place[] {
  const cut = ({ server, layers = [] }: Place): Place[] =>
    cutBefore(layers, reencryptPositions).map((piece) => ({ server, layers: piece }));
  return [first, ...others.flatMap(cut)];
}

/** What a place is asked for, behind the programs of those before it. */
function requestFor(
  { layers }: Place,
  { net, packing, parameters, reencryptPositions = [] }: RouteRequest,
  before?: ClientSpec,
) {
  const asked = {
    net,
    layers,
    reencryptPositions: reencryptPositions.length > 0 ? reencryptPositions : undefined,
  };
  if (!before) return { ...asked, packing, parameters };
  const behind = { ...asked, packing: before.packing };
  return reencryptPositions.includes(layers![0])
    ? { ...behind, parameters: written(before) }
    : { ...behind, input: before.output };
}

const written = ({ parameters }: ClientSpec) => parametersSpec(checkParameters(parameters));

/** Whether two specifications take the same secret key. */
export const sameKey = (a: ClientSpec["parameters"], b: ClientSpec["parameters"]) =>
  sameParameters(checkParameters(a), checkParameters(b));
