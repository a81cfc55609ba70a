import * as z from "zod";
import { InputError } from "../../errors.js";
import type { Pair } from "../../model/layer.js";
import type { Layout } from "../layout.js";
import type { KerasLayer } from "./parts.js";
import { check } from "./topology.js";
import type { KerasWeights } from "./weights.js";

/** What a converter knows of the layer that it reads. */
export interface Context extends KerasLayer {
  readonly weights: KerasWeights;
  /** Of the layer's input. */
  readonly layout: Layout;
}

export const describe = ({ className, name }: KerasLayer) => `${className} ${JSON.stringify(name)}`;

/** What is not looked at. */
export const anything = z.unknown().optional();

/** Types that numbers are computed in: they change how exactly a layer computes, and not what. */
const floats = /^(mixed_)?b?float(16|32|64)$/;
const floatPolicy = z.union([
  z.string().regex(floats),
  z.looseObject({ config: z.looseObject({ name: z.string().regex(floats) }) }),
]);

/** Of the parts that a layer trains, as in `kernel_initializer`. */
const trained = ["kernel", "bias", "depthwise", "beta", "gamma", "moving_mean", "moving_variance"];

/** What every layer may say, and what says only how it was, or would be, trained. */
const unread = {
  name: anything,
  trainable: anything,
  dtype: floatPolicy.nullish(),
  batch_input_shape: anything,
  batch_shape: anything,
  activity_regularizer: anything,
  quantization_config: z.null().optional(),
  ...Object.fromEntries(
    trained.flatMap((part) =>
      ["initializer", "regularizer", "constraint"].map((what) => [`${part}_${what}`, anything]),
    ),
  ),
};

/**
 * What a layer's config says, each field of it: one that is not known could change what the layer computes.
 *
 * @throws InputError naming the field that is not known, or has a value that is not supported
 */
export function configOf<S extends z.ZodRawShape>(context: KerasLayer, fields: S): z.output<z.ZodObject<S>> {
  const schema = z.object({ ...unread, ...fields });
  const unknown = Object.keys(context.config).find((field) => !Object.hasOwn(schema.shape, field));
  if (unknown !== undefined) {
    throw new InputError(
      `${describe(context)}: its field ${JSON.stringify(unknown.slice(0, 100))} is not understood, and could change ` +
        `what it computes; leave it out if it does not`,
    );
  }
  return check(describe(context), schema, context.config) as z.output<z.ZodObject<S>>;
}

/** How many axes an image has beside its channels. */
export type Dimensions = 1 | 2;

const size = z.int().positive();

/** One number for each axis of an image, or one for all; images of one dimension are one row high. */
export const sizesOf = (dimensions: Dimensions) =>
  dimensions === 1
    ? z
        .union([size, z.tuple([size]).transform(([length]) => length)])
        .transform((length): Pair => [1, length])
    : z.union([
        size.transform((side): Pair => [side, side]),
        z.tuple([size]).transform(([side]): Pair => [side, side]),
        z.tuple([size, size]),
      ]);

export const channelsLastOnly = z.enum(["channels_last", "channelsLast"]).nullish();
