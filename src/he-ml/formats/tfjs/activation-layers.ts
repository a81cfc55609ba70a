import * as z from "zod";
import { InputError } from "../../errors.js";
import { activationLayer, type ActivationFunction } from "../../model/activation.js";
import { identityLayer } from "../../model/identity.js";
import type { NetworkLayer } from "../../model/model.js";
import { squareLayer } from "../../model/square.js";
import { anything, configOf, describe, type Context } from "./config.js";
import type { KerasLayer } from "./parts.js";

type Converter = (context: Context) => NetworkLayer;

/** A function, which stands in a config under its name alone. */
const named =
  (make: (name: string) => NetworkLayer): Converter =>
  (context) => {
    configOf(context, { activation: anything });
    return make(context.name);
  };

const activation = (f: ActivationFunction, alpha?: number): Converter =>
  named((name) => activationLayer({ name, function: f, alpha }));

/** Slope of Keras's function `leaky_relu` below zero; its layer LeakyReLU has another. */
const functionSlope = 0.2;
const layerSlope = 0.3;

const functions: ReadonlyMap<string, Converter> = new Map<string, Converter>([
  ["linear", named((name) => identityLayer({ name }))],
  ["relu", activation("relu")],
  ["relu6", activation("relu6")],
  ["leaky_relu", activation("leakyRelu", functionSlope)],
  ["elu", activation("elu")],
  ["celu", activation("celu")],
  ["selu", activation("selu")],
  ["silu", activation("silu")],
  ["swish", activation("silu")],
  ["hard_silu", activation("hardswish")],
  ["hard_swish", activation("hardswish")],
  ["sigmoid", activation("sigmoid")],
  ["tanh", activation("tanh")],
  ["softplus", activation("softplus")],
]);

const slope = z.number().optional();

const leakyReLU: Converter = (context) => {
  const { alpha, negative_slope = alpha ?? layerSlope } = configOf(context, {
    alpha: slope,
    negative_slope: slope,
  });
  return activationLayer({ name: context.name, function: "leakyRelu", alpha: negative_slope });
};

const elu: Converter = (context) => {
  const { alpha } = configOf(context, { alpha: z.number().default(1) });
  return activationLayer({ name: context.name, function: "elu", alpha });
};

const reLU: Converter = (context) => {
  const { name } = context;
  const {
    max_value,
    negative_slope: alpha,
    threshold,
  } = configOf(context, {
    max_value: z.number().nullish(),
    negative_slope: z.number().nullish(),
    threshold: z.number().nullish(),
  });
  const isUnlimited = max_value === undefined || max_value === null;
  if (!threshold && isUnlimited) {
    return alpha
      ? activationLayer({ name, function: "leakyRelu", alpha })
      : activationLayer({ name, function: "relu" });
  }
  if (!threshold && !alpha && max_value === 6) return activationLayer({ name, function: "relu6" });
  throw new InputError(
    `${describe(context)}: expected a max_value of none or 6 without a slope, and no threshold; use a square`,
  );
};

const square: Converter = (context) => {
  configOf(context, { activation: anything });
  return squareLayer({ name: context.name });
};

const classes: ReadonlyMap<string, Converter> = new Map<string, Converter>([
  ["ReLU", reLU],
  ["LeakyReLU", leakyReLU],
  ["ELU", elu],
]);

/** A class or function of the user's own that is called so computes x². */
const isSquare = (name: string) => /^square(_?(layer|activation))?$/i.test(name);

/** What reads an activation, a layer or a function; undefined of another layer, and of one that cannot be run. */
export function activationConverterOf({ className, config }: KerasLayer): Converter | undefined {
  const op = className === "Activation" ? String(config.activation) : className;
  if (isSquare(op)) return square;
  return className === "Activation" ? functions.get(op) : classes.get(op);
}
