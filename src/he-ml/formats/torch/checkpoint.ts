import { InputError } from "../../errors.js";
import { PythonObject, type PickleValue } from "./pickle-values.js";
import { StoredTensor } from "./tensors.js";

/** What torch.save was given to save: a network, or its weights; and what was left out. */
export interface Saved {
  readonly value: PythonObject | ReadonlyMap<PickleValue, PickleValue>;
  readonly notes: readonly string[];
}

/** Under what names training scripts keep the weights, or the network, in a checkpoint. */
const networkKeys: readonly PickleValue[] = ["model_state_dict", "state_dict", "model", "net", "network"];

const quoted = (keys: readonly PickleValue[]) =>
  keys.map((key) => JSON.stringify(typeof key === "string" ? key.slice(0, 100) : "…")).join(", ");

/**
 * Finds the network in what a file holds: itself, or in a checkpoint, a dictionary that holds it beside what training
 * needs (`{ model_state_dict: …, epoch: 3 }`).
 *
 * @throws InputError if there is none, or there are several
 */
export function savedNetwork(value: PickleValue): Saved {
  if (value instanceof PythonObject) return { value, notes: [] };
  if (!(value instanceof Map)) {
    throw new InputError(
      `expected an nn.Sequential or a state_dict, got something else; save the network itself`,
    );
  }
  const holdsTensors = [...value.values()].some((part) => part instanceof StoredTensor);
  const found = networkKeys.filter((key) => isNetwork(value.get(key)));
  if (holdsTensors || found.length === 0) return { value, notes: [] };
  if (found.length > 1) {
    throw new InputError(
      `it is a checkpoint that holds several networks: ${quoted(found)}; save the one that you mean by itself`,
    );
  }
  const others = [...value.keys()].filter((key) => key !== found[0]).slice(0, 8);
  const rest = others.length === 0 ? "" : `; ${quoted(others)} beside it is left out`;
  return {
    value: value.get(found[0]) as Saved["value"],
    notes: [`of the checkpoint ${quoted(found)} is read${rest}`],
  };
}

const isNetwork = (value: PickleValue | undefined) => value instanceof PythonObject || value instanceof Map;
