import { moduleArguments, type ModuleType } from "../description.js";
import type { PickleValue } from "./pickle-values.js";

/** What every module of PyTorch's has, of whichever version; `requireNoHooks` looks at those that change anything. */
const ofEveryModule = new Set([
  "training",
  "dump_patches",
  "_backend",
  "_version",
  "_parameters",
  "_buffers",
  "_modules",
  "_non_persistent_buffers_set",
  "_backward_pre_hooks",
  "_backward_hooks",
  "_is_full_backward_hook",
  "_forward_hooks",
  "_forward_hooks_with_kwargs",
  "_forward_hooks_always_called",
  "_forward_pre_hooks",
  "_forward_pre_hooks_with_kwargs",
  "_state_dict_hooks",
  "_state_dict_pre_hooks",
  "_load_state_dict_pre_hooks",
  "_load_state_dict_post_hooks",
  "_compiled_call_impl",
]);

const anything = () => true;
const is =
  (...expected: readonly PickleValue[]) =>
  (value: PickleValue) =>
    expected.includes(value);
const zeros = (value: PickleValue) =>
  value === 0 || (Array.isArray(value) && value.every((size) => size === 0));

type Attributes = Readonly<Record<string, (value: PickleValue) => boolean>>;

const ofConvolution: Attributes = {
  transposed: is(false),
  output_padding: zeros,
  _reversed_padding_repeated_twice: anything,
  _padding_repeated_twice: anything,
};

/** Beside a module's arguments, what PyTorch keeps in it, and which values mean what we take it for. */
const ofType: Partial<Record<ModuleType, Attributes>> = {
  Conv1d: ofConvolution,
  Conv2d: ofConvolution,
  ConvTranspose2d: { ...ofConvolution, transposed: is(true), output_padding: anything },
  BatchNorm1d: { momentum: anything },
  BatchNorm2d: { momentum: anything },
  ZeroPad2d: { value: is(0) },
  ReLU: { threshold: is(0), value: is(0) },
  ReLU6: { min_val: is(0), max_val: is(6) },
};

/** The first attribute of a module that is not understood, and so could change what it computes; undefined if all are. */
export function unknownAttribute(
  type: ModuleType,
  attributes: ReadonlyMap<PickleValue, PickleValue>,
): string | undefined {
  for (const [key, value] of attributes) {
    const name = typeof key === "string" ? key : "";
    const isKnown =
      ofEveryModule.has(name) ||
      Object.hasOwn(moduleArguments[type], name) ||
      ofType[type]?.[name]?.(value) === true;
    if (!isKnown) return name;
  }
  return undefined;
}
