import * as z from "zod";

/** A layer's call of another one's output. */
export interface Call {
  /** The names of the layers whose outputs it takes. */
  readonly sources: readonly string[];
  /** Arguments beside these, by name or place, that are not the usual ones. */
  readonly unusual: readonly string[];
}

const keptTensor = z.looseObject({
  config: z.looseObject({ keras_history: z.tuple([z.string(), z.int(), z.int()]) }),
});
const keras3Call = z.looseObject({ args: z.array(z.unknown()), kwargs: z.looseObject({}).optional() });
const namedTensor = z.tuple([z.string(), z.int(), z.int()]).rest(z.unknown());

/** What Keras writes for arguments that were left out. */
const usual = (value: unknown) => value === null || value === undefined || value === false;

const unusualOf = (named: unknown): string[] =>
  typeof named === "object" && named !== null
    ? Object.entries(named).flatMap(([name, value]) => (usual(value) ? [] : [name]))
    : [];

const none: Call = { sources: [], unusual: [] };

const together = (calls: readonly Call[]): Call => ({
  sources: calls.flatMap(({ sources }) => sources),
  unusual: calls.flatMap(({ unusual }) => unusual),
});

/** Lists of tensors lie this deep in any call. */
const deepest = 4;

/** Reads an entry of `inbound_nodes`: `[["conv1", 0, 0, {}]]`, or Keras 3's record of arguments. */
export function readCall(node: unknown, depth = 0): Call {
  const call = keras3Call.safeParse(node);
  if (call.success) {
    const tensors = together(call.data.args.map((argument) => tensorsIn(argument)));
    return { ...tensors, unusual: [...tensors.unusual, ...unusualOf(call.data.kwargs)] };
  }
  const named = namedTensor.safeParse(node);
  if (named.success) {
    const [name, , , ...rest] = named.data;
    return { sources: [name], unusual: rest.flatMap(unusualOf) };
  }
  if (!Array.isArray(node) || depth === deepest) return none;
  return together(node.map((part) => readCall(part, depth + 1)));
}

function tensorsIn(argument: unknown, depth = 0): Call {
  const tensor = keptTensor.safeParse(argument);
  if (tensor.success) return { sources: [tensor.data.config.keras_history[0]], unusual: [] };
  if (Array.isArray(argument) && depth < deepest) {
    return together(argument.map((part) => tensorsIn(part, depth + 1)));
  }
  return usual(argument) ? none : { sources: [], unusual: ["a number or text beside its input"] };
}
