import { definitionOf } from "../../model/layers.js";
import { UnsupportedLayersError, type UnsupportedLayer } from "../../model/unsupported-layers.js";
import {
  isModuleType,
  isSoftmaxType,
  type Module,
  type SoftmaxType,
  type UnknownModule,
} from "../description.js";

const otherwise =
  "build the model from convolutions, linear layers, squares, average pools, flatten and zero padding";

/** Modules that cannot be encrypted, whether or not they can be read, grouped by what to do about them. */
const advice: readonly (readonly [remedy: string, types: string])[] = [
  [
    definitionOf({ kind: "activation" }).remedy,
    "CELU ELU GELU GLU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid Mish PReLU RReLU ReLU ReLU6 " +
      "SELU SiLU Sigmoid Softplus Softshrink Softsign Tanh Tanhshrink Threshold",
  ],
  [
    definitionOf({ kind: "maxPool" }).remedy,
    "AdaptiveMaxPool1d AdaptiveMaxPool2d FractionalMaxPool2d LPPool1d LPPool2d MaxPool1d MaxPool2d",
  ],
  ["leave it out, the client applies it after decryption", "LogSoftmax Softmax Softmax2d Softmin"],
  [
    "leave it out, it divides by statistics that the server cannot see",
    "CrossMapLRN2d GroupNorm InstanceNorm1d InstanceNorm2d LayerNorm LocalResponseNorm RMSNorm SyncBatchNorm",
  ],
];

/** A class by its full name, which is none of PyTorch's. */
const ownClass =
  "its forward is code, which its file does not hold: export the network to ONNX with torch.onnx.export, or write it " +
  "with modules of torch.nn";

const remedyOf: ReadonlyMap<string, string> = new Map(
  advice.flatMap(([remedy, types]) => types.split(" ").map((type): [string, string] => [type, remedy])),
);

/** A module that is read wherever it stands. */
export type ConvertibleModule = Exclude<Module, { readonly type: SoftmaxType }>;

/**
 * @throws UnsupportedLayersError if a module is of a type that cannot be read, naming every one that cannot be
 *   encrypted
 */
export function requireKnown(
  networkName: string,
  modules: readonly (Module | UnknownModule)[],
): asserts modules is readonly ConvertibleModule[] {
  if (modules.some(({ type }) => !isModuleType(type) || isSoftmaxType(type))) {
    throw new UnsupportedLayersError(networkName, unsupportedModules(modules));
  }
}

/**
 * For a network that can neither be run yet.
 *
 * @param reason why not
 * @throws UnsupportedLayersError if there are modules that run on plain values only
 */
export function refusePlainOnly(
  networkName: string,
  modules: readonly (Module | UnknownModule)[],
  reason: string,
): void {
  const unsupported = unsupportedModules(modules);
  if (unsupported.length > 0) throw new UnsupportedLayersError(networkName, unsupported, reason);
}

function unsupportedModules(modules: readonly (Module | UnknownModule)[]): UnsupportedLayer[] {
  return modules.flatMap(({ type, name }, position) => {
    const remedy = remedyOf.get(type);
    if (isModuleType(type) && remedy === undefined) return [];
    return [
      {
        position,
        name,
        op: type.replace(/\p{Cc}+/gu, " "),
        remedy: remedy ?? (type.includes(".") ? ownClass : otherwise),
      },
    ];
  });
}
