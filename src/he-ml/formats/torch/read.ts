import { InputError } from "../../errors.js";
import { naming } from "../../model/model-error.js";
import { withNotes, type Network } from "../../model/model.js";
import type { Shape, Tensor } from "../../tensor/tensor.js";
import { parseDescription } from "../description.js";
import { networkFromModules } from "../modules/network.js";
import { savedNetwork } from "./checkpoint.js";
import { readTorchFile } from "./file.js";
import { pickledModules, pickledTensors } from "./modules.js";
import { PythonObject } from "./pickle-values.js";

export interface ReadTorchOptions {
  readonly name: string;
  /** Of one image, which the file does not say; may be left out where the layers leave no choice. */
  readonly inputShape?: Shape;
  /** The layers of a `state_dict`; see `parseDescription`. */
  readonly description?: unknown;
  /** Where to look for a description if the file turns out to need one and none is given. */
  readonly findDescription?: () => unknown;
}

/**
 * Reads a whole `nn.Sequential`, or a `state_dict` with a description of its layers, that PyTorch's `torch.save` wrote, by
 * itself or in a checkpoint.
 * Nothing in the file is run. Layers bear the names and the numbers of its modules, those of nested ones in their place;
 * Dropout and the like leave an identity layer.
 *
 * @throws UnsupportedLayersError if there are modules that cannot even be run, naming every one that cannot be
 *   encrypted, and what to put in its place
 * @throws InputError if the bytes are no such file, it would run code, or its layers do not fit together
 * @example const network = await readTorch(await readFile("lenet1.pt"), { name: "lenet1", inputShape: [1, 28, 28] })
 */
export async function readTorch(bytes: Uint8Array, options: ReadTorchOptions): Promise<Network> {
  const { name } = options;
  try {
    const { value: file, names } = await readTorchFile(bytes);
    const { value, notes } = savedNetwork(file);
    const network =
      value instanceof PythonObject
        ? sequentialOf(value, names, options)
        : describedBy(pickledTensors(value, names), options);
    return withNotes(network, notes);
  } catch (error) {
    throw naming(name, error);
  }
}

function sequentialOf(
  root: PythonObject,
  names: ReadonlySet<string>,
  { name, inputShape, description }: ReadTorchOptions,
): Network {
  if (description === undefined) {
    return networkFromModules({ name, inputShape, ...pickledModules(root, names) });
  }
  throw new InputError(`it holds its layers itself, and takes no description; leave the description out`);
}

function describedBy(tensors: ReadonlyMap<string, Tensor>, options: ReadTorchOptions): Network {
  const given = options.description ?? options.findDescription?.();
  if (given === undefined) {
    throw new InputError(
      `it is a state_dict: weights without layers; give a description of the layers, or save the whole ` +
        `nn.Sequential with torch.save(network, path)`,
    );
  }
  const { modules, inputShape } = parseDescription(given);
  const { name } = options;
  return networkFromModules({ name, tensors, modules, inputShape: options.inputShape ?? inputShape });
}
