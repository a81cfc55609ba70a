import { listInWords } from "../arguments.js";
import { shortDigest } from "../crypto/key-bytes.js";
import { checkParameters, sameParameters } from "../crypto/parameters.js";
import { evaluationKeyBytes } from "../crypto/rotation-keys.js";
import { InputError } from "../errors.js";
import { readClientSpec, type ClientSpec } from "../program/client-spec.js";
import { formatShape } from "../tensor/tensor.js";
import { jsonBody, pathOf, type Ask, type Connection } from "./connection.js";
import { programsSchema, routes, type ProgramRequest } from "./protocol.js";

/** Layouts of many ciphertexts at the largest degree, in JSON. */
const mostProgramBytes = 2 ** 25;
/** Planning takes seconds, that of several parts some more. */
const planMilliseconds = 600_000;

/** More than any of our programs wants, and what can be held and sent. */
const mostKeyBytes = 2 ** 30;

/** Programs that a server was asked for, and gave. */
export interface AskedPrograms {
  /** The model's own name there. */
  readonly net: string;
  /** In order; each was checked, and goes on where the one before it ends. */
  readonly specs: readonly ClientSpec[];
}

/**
 * Asks a server for a model's client specifications, and holds its answer against what it was asked.
 *
 * @throws InputError if a specification does not hold together, or is not what was asked for
 */
export async function askPrograms(
  server: Connection,
  request: ProgramRequest & { readonly input?: ClientSpec["output"] },
  signal?: AbortSignal,
): Promise<AskedPrograms> {
  const given = { mostBytes: mostProgramBytes, workMilliseconds: planMilliseconds, repeatable: true, signal };
  const { net, programs } = await server.json({ ...askOf(request), ...given }, programsSchema);
  const specs = programs.map(({ clientSpec }) => readClientSpec(clientSpec).spec);
  for (const spec of specs) requireFewKeys(server, spec);
  requireAsked(server, request, specs);
  return { net, specs };
}

/** A server could ask for a key for every rotation that there is. */
function requireFewKeys({ url }: Connection, spec: ClientSpec): void {
  const bytes = evaluationKeyBytes(checkParameters(spec.parameters), spec);
  if (bytes <= mostKeyBytes) return;
  throw new InputError(
    `${url}: its program of layers ${spec.layers[0]}–${spec.layers.at(-1)!} wants ${Math.round(bytes / 2 ** 20)} MiB of keys, expected at ` +
      `most ${mostKeyBytes / 2 ** 20}; ask for fewer layers, or for packing batch`,
  );
}

/** Where the server may choose the parameters, a query says it all. */
function askOf(request: ProgramRequest): Pick<Ask, "method" | "path" | "query" | "body"> {
  const { net, layers, packing, parameters, reencryptPositions, input } = request;
  if (parameters || input) {
    return { method: "POST", path: routes.programs, body: jsonBody(request) };
  }
  const query = {
    layers: layers && `${layers[0]}-${layers.at(-1)!}`,
    packing,
    reencrypt: reencryptPositions?.join(","),
  };
  return { method: "GET", path: pathOf(routes.model, { net }), query };
}

function requireAsked(
  { url }: Connection,
  { layers, packing, parameters, input }: ProgramRequest & { readonly input?: ClientSpec["output"] },
  specs: readonly ClientSpec[],
): void {
  const refuse = (expected: string, got: string) =>
    new InputError(`${url}: expected a program ${expected}, got one ${got}; do not use this server`);
  specs.forEach((spec, index) => {
    const before = specs[index - 1] as ClientSpec | undefined;
    const continued = index === 0 ? input?.program : undefined;
    if (spec.input.program !== (continued ?? spec.digest)) {
      throw refuse(
        continued
          ? `that goes on with the output of ${shortDigest(continued)}…`
          : "that begins with a fresh encryption",
        `that takes in tensors of ${shortDigest(spec.input.program)}…`,
      );
    }
    const shape = before?.outputShape ?? input?.shape ?? spec.inputShape;
    const first = before ? before.layers.at(-1)! + 1 : (layers?.[0] ?? input?.nextLayer ?? 0);
    if (spec.layers[0] !== first || formatShape(spec.inputShape) !== formatShape(shape)) {
      throw refuse(
        `from layer ${first} on, for ${formatShape(shape)}`,
        `from layer ${spec.layers[0]} on, for ${formatShape(spec.inputShape)}`,
      );
    }
    const wanted = packing ?? input?.packing ?? specs[0].packing;
    if (spec.packing !== wanted) throw refuse(`in packing ${wanted}`, `in packing ${spec.packing}`);
    const under = checkParameters(parameters ?? input?.parameters ?? specs[0].parameters);
    if (!sameParameters(checkParameters(spec.parameters), under))
      throw refuse("under the parameters asked for", "under others");
  });
  const last = specs.at(-1)!.layers.at(-1)!;
  if (layers && last !== layers.at(-1))
    throw refuse(`of layers ${listInWords(layers)}`, `that ends with layer ${last}`);
}
