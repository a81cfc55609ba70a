import * as z from "zod";
import { InputError } from "../errors.js";
import type { Shape } from "../tensor/tensor.js";

// What PyTorch's modules are made with, under the names of their constructors' arguments. `state_dict`s and safetensors
// hold weights alone: a description, written by hand or read from a pickled module, says what is done with them.
// https://docs.pytorch.org/docs/2.13/nn.html

const count = z.int().min(1);
/** Of windows, their steps and paddings: no image that could be encrypted has as many pixels in a row. */
const largestSize = 4096;
const size = z.int().min(0).max(largestSize);
/** Along an axis of what an adaptive pooling gives. */
const outputs = z.int().min(1).max(largestSize);
const one = z.union([size, z.tuple([size]).transform(([length]) => length)]);
const two = z.union([size, z.tuple([size, size])]);
const flag = z.boolean();
const samePadding = z.enum(["same", "valid"]);

/** Conv1d has one size where Conv2d has two. */
const convolution = <S extends z.ZodType>(sizes: S) => ({
  in_channels: count.optional(),
  out_channels: count.optional(),
  kernel_size: sizes.optional(),
  stride: sizes.optional(),
  padding: z.union([sizes, samePadding]).optional(),
  dilation: sizes.optional(),
  groups: count.default(1),
  bias: flag.optional(),
  padding_mode: z.string().max(40).default("zeros"),
});

const batchNorm = {
  num_features: count.optional(),
  eps: z.number().min(0).default(1e-5),
  affine: flag.optional(),
  track_running_stats: flag.default(true),
};

const averagePool = <S extends z.ZodType>(sizes: S) => ({
  kernel_size: sizes,
  stride: sizes.nullish(),
  padding: sizes.optional(),
  ceil_mode: flag.default(false),
  count_include_pad: flag.default(true),
});

const maxPool = <S extends z.ZodType>(sizes: S) => ({
  kernel_size: sizes,
  stride: sizes.nullish(),
  padding: sizes.optional(),
  dilation: sizes.optional(),
  ceil_mode: flag.default(false),
  return_indices: flag.default(false),
});

/** Arguments that change nothing in a trained network are accepted, and not looked at. */
const ignored = { inplace: flag.optional() };

/** The arguments of each type of module that can be read. */
export const moduleArguments = {
  Conv1d: convolution(one),
  Conv2d: convolution(two),
  ConvTranspose2d: { ...convolution(two), padding: two.optional(), output_padding: two.optional() },
  Linear: { in_features: count.optional(), out_features: count.optional(), bias: flag.optional() },
  BatchNorm1d: batchNorm,
  BatchNorm2d: batchNorm,
  AvgPool1d: averagePool(one),
  AvgPool2d: { ...averagePool(two), divisor_override: count.nullish() },
  AdaptiveAvgPool1d: { output_size: z.union([outputs, z.tuple([outputs])]) },
  AdaptiveAvgPool2d: { output_size: z.union([outputs, z.tuple([outputs.nullable(), outputs.nullable()])]) },
  MaxPool1d: maxPool(one),
  MaxPool2d: maxPool(two),
  ZeroPad2d: { padding: z.union([size, z.tuple([size, size, size, size])]) },
  Unflatten: { dim: z.int(), unflattened_size: z.array(z.int()).min(1).max(8) },
  Flatten: { start_dim: z.int().default(1), end_dim: z.int().default(-1) },
  Identity: {},
  Dropout: { p: z.number().optional(), ...ignored },
  Dropout1d: { p: z.number().optional(), ...ignored },
  Dropout2d: { p: z.number().optional(), ...ignored },
  AlphaDropout: { p: z.number().optional(), ...ignored },
  /** x², a class of the user's own. */
  Square: {},
  /** c₀ + c₁·x + c₂·x² + …, a class of the user's own; without `coefficients` they are among the weights. */
  Polynomial: { coefficients: z.array(z.number()).min(2).optional() },
  ReLU: ignored,
  ReLU6: ignored,
  LeakyReLU: { negative_slope: z.number().default(0.01), ...ignored },
  ELU: { alpha: z.number().default(1), ...ignored },
  CELU: { alpha: z.number().default(1), ...ignored },
  SELU: ignored,
  SiLU: ignored,
  Hardswish: ignored,
  Softplus: { beta: z.number().default(1), threshold: z.number().default(20) },
  Sigmoid: {},
  Tanh: {},
  Softmax: { dim: z.int().nullish() },
  LogSoftmax: { dim: z.int().nullish() },
  Softmax2d: {},
} as const satisfies Readonly<Record<string, z.ZodRawShape>>;

export type ModuleType = keyof typeof moduleArguments;

const softmaxTypes = ["Softmax", "LogSoftmax", "Softmax2d"] as const;

/** Types that turn outputs into probabilities, which can only be left out, at the end of a network. */
export type SoftmaxType = (typeof softmaxTypes)[number];

export const isSoftmaxType = (type: string): type is SoftmaxType =>
  (softmaxTypes as readonly string[]).includes(type);

/** Types that change nothing outside training. */
const idleTypes: readonly string[] = ["Identity", "Dropout", "Dropout1d", "Dropout2d", "AlphaDropout"];

export const isIdleType = (type: string): boolean => idleTypes.includes(type);

/** A module that can be read: its type, its arguments, and its name in the network, which its weights bear too. */
export type ModuleOf<T extends ModuleType> = {
  readonly type: T;
  /** Its path among the modules: `0`, or `features.0`. */
  readonly name: string;
} & Readonly<z.output<z.ZodObject<(typeof moduleArguments)[T]>>>;

export type Module = { readonly [T in ModuleType]: ModuleOf<T> }[ModuleType];

/** A module of a type that cannot be read. */
export interface UnknownModule {
  readonly type: string;
  readonly name: string;
}

export function isModuleType(type: string): type is ModuleType {
  return Object.hasOwn(moduleArguments, type);
}

/**
 * Checks the arguments of a module.
 *
 * @throws InputError naming the argument that is none, or has a value that PyTorch would not take either
 */
export function checkModule(
  type: ModuleType,
  name: string,
  given: Readonly<Record<string, unknown>>,
): Module {
  const parsed = z.strictObject(moduleArguments[type]).safeParse(given);
  if (parsed.success) return { type, name, ...parsed.data } as Module;
  throw new InputError(
    `${type} ${JSON.stringify(name)}: ${firstIssue(parsed.error)}; see PyTorch's page on ${type}`,
  );
}

/** What is wrong, and where, in one line. */
function firstIssue({ issues: [{ path, message }] }: z.ZodError): string {
  return `${path.length > 0 ? path.join(".") : "the whole"}: ${message}`.replace(/\p{Cc}+/gu, " ");
}

/** @throws InputError unless these are the sizes of an image, or a number of features */
export function requireInputShape(shape: unknown): Shape {
  const parsed = inputShapeSchema.safeParse(shape);
  if (parsed.success) return parsed.data;
  throw new InputError(
    `inputShape: expected [channels, height, width], [channels, length] or [features], got ${JSON.stringify(shape)}`,
  );
}

/** What a file of weights alone does not say. */
export interface Description {
  /** Of one image; left out where the layers leave no choice. */
  readonly inputShape?: Shape;
  readonly modules: readonly (Module | UnknownModule)[];
}

/** What messages can quote. */
const text = z.string().regex(/^[^\p{Cc}]{1,200}$/u);
const inputShapeSchema = z.array(count).min(1).max(3);
const descriptionSchema = z.strictObject({
  inputShape: inputShapeSchema.optional(),
  layers: z.array(z.looseObject({ type: text, name: text.optional() })).min(1),
});

/** Whether a layer finds its weights by its name, which is its position unless it is given. */
const hasWeights = (type: string) =>
  /^(Conv|Linear$|BatchNorm|Polynomial$)/.test(type) || !isModuleType(type);

/**
 * Reads the description of a sequence of layers: what goes with a bare `state_dict` or a safetensors file. Each layer
 * has a `type`, PyTorch's class; its arguments under PyTorch's names (those that weights tell may be left out); and the
 * `name` that its weights begin with, which is its position, as in `nn.Sequential`, unless it is given. A layer
 * without weights gives way where another one is given the name of its position.
 *
 * @throws InputError saying which field is wrong
 * @example
 * parseDescription({
 *   inputShape: [1, 28, 28],
 *   layers: [
 *     { type: "Conv2d", stride: 3 },
 *     { type: "Square" },
 *     { type: "Flatten" },
 *     { type: "Linear", name: "classifier" },
 *   ],
 * })
 */
export function parseDescription(json: unknown): Description {
  const parsed = descriptionSchema.safeParse(json);
  if (!parsed.success) {
    throw new InputError(`description: ${firstIssue(parsed.error)}`);
  }
  const { inputShape, layers } = parsed.data;
  const taken = new Set(layers.map(({ name }) => name));
  const modules = layers.map(({ type, name, ...given }, index) => {
    const own =
      taken.has(String(index)) && !hasWeights(type) ? `${type.toLowerCase()}${index}` : String(index);
    const path = name ?? own;
    return isModuleType(type) ? checkModule(type, path, given) : { type, name: path };
  });
  return { inputShape, modules };
}
