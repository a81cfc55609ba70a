import {
  byteLength,
  type EncryptedTensor,
  type SerializedTensor,
} from "../../he-ml/crypto/encrypted-tensor.js";
import { Evaluator } from "../../he-ml/crypto/evaluator.js";
import type { SchemeEvaluator } from "../../he-ml/crypto/scheme-evaluator.js";
import type { EncryptedLayout, Packing } from "../../he-ml/crypto/packing.js";
import { dataPrimes, type SchemeParameters } from "../../he-ml/crypto/scheme-parameters.js";
import type { ErrorStatistics } from "../../he-ml/tensor/error-statistics.js";
import { formatShape, type Tensor } from "../../he-ml/tensor/tensor.js";
import { factsGrid, type Fact, type Grid } from "./grid.js";
import { formatBytes, formatError, formatNumber, formatScale, formatShare } from "./numbers.js";

export function encryptedTensorGrid(encrypted: EncryptedTensor): Grid {
  const parameters = parametersOf(encrypted);
  return factsGrid("Encrypted tensor", [
    ...layoutFacts(encrypted),
    ["level", levelText(encrypted, parameters)],
    ...(isDisposed(encrypted) ? [disposed] : memoryFacts(encrypted, parameters)),
  ]);
}

function levelText({ level }: EncryptedTensor, parameters: SchemeParameters | undefined): string {
  if (!parameters) return `${level}`;
  return parameters.scheme === "bfv"
    ? `${level}, as always in BFV`
    : `${level} of ${parameters.levels} data primes left`;
}

const disposed: Fact = ["state", "disposed of: its ciphertexts are gone"];

function memoryFacts(encrypted: EncryptedTensor, parameters: SchemeParameters | undefined): Fact[] {
  const scale: Fact = ["scale", formatScale(Math.log2(encrypted.scale))];
  if (!parameters) return [scale];
  const primes = dataPrimes(parameters, encrypted.level);
  const polynomials = encrypted.ciphertexts.reduce((sum, { size }) => sum + size, 0);
  const bytes = polynomials * primes * parameters.polyModulusDegree * 8;
  return [
    scale,
    ["slots used", slotsUsed(encrypted, parameters.slots)],
    ["size in memory", formatBytes(bytes)],
  ];
}

function slotsUsed({ packing, images, slotLayout }: EncryptedLayout, slots: number): string {
  if (slotLayout) {
    const used = slotLayout.reduce(
      (sum, held) => sum + Array.from(held).filter((value) => value >= 0).length,
      0,
    );
    return `${used} of ${slotLayout.length * slots} (${formatShare(used, slotLayout.length * slots)})`;
  }
  return packing === "scalar"
    ? `1 of ${slots}${slots > 1 ? ", repeated in all" : ""}`
    : `${images} of ${slots} (${formatShare(images, slots)})`;
}

/** Ciphertexts of both evaluators know their evaluator, though the interface does not promise it. */
function parametersOf({ ciphertexts: [first] }: EncryptedTensor): SchemeParameters | undefined {
  const { owner } = first as { owner?: unknown };
  return owner instanceof Evaluator ? (owner as SchemeEvaluator).parameters : undefined;
}

/** Memory is gone after a disposal, and with it the scale. */
function isDisposed(encrypted: EncryptedTensor): boolean {
  try {
    return Number.isNaN(encrypted.scale);
  } catch {
    return true;
  }
}

export function serializedTensorGrid(serialized: SerializedTensor): Grid {
  const bytes = byteLength(serialized);
  return factsGrid("Serialized tensor: what travels", [
    ...layoutFacts(serialized),
    ["each", formatBytes(Math.round(bytes / serialized.ciphertexts.length))],
    ["in all", formatBytes(bytes)],
  ]);
}

const packingTexts: Readonly<Record<Packing, string>> = {
  scalar: "scalar: one value a ciphertext",
  batch: "batch: one position of the image a ciphertext, slot = image",
  packed: "packed: one image in one or a few ciphertexts",
};

function layoutFacts(layout: EncryptedLayout & { readonly ciphertexts: readonly unknown[] }): Fact[] {
  return [
    ["shape for one image", formatShape(layout.shape)],
    ["packing", packingTexts[layout.packing]],
    ["images", String(layout.images)],
    ["ciphertexts", String(layout.ciphertexts.length)],
  ];
}

const valuesShown = 8;

export function tensorGrid({ shape, data }: Tensor): Grid {
  if (data.length === 0) return factsGrid("Tensor", [["shape", `${formatShape(shape)}, no values`]]);
  let [min, max, sum] = [Infinity, -Infinity, 0];
  for (const value of data) {
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
  }
  const first = Array.from(data.subarray(0, valuesShown), formatNumber).join(", ");
  return factsGrid("Tensor", [
    ["shape", shape.length === 0 ? "scalar" : `${formatShape(shape)} (${data.length} values)`],
    [
      data.length > valuesShown ? "first values" : "values",
      data.length > valuesShown ? `${first}, …` : first,
    ],
    ["min", formatNumber(min)],
    ["max", formatNumber(max)],
    ["mean", formatNumber(sum / data.length)],
  ]);
}

export function errorStatisticsGrid(error: ErrorStatistics): Grid {
  return factsGrid("Error against the expected values, in their unit", [
    ["maxAbs", formatError(error.maxAbs), "largest absolute error"],
    ["mean", formatError(error.mean), "mean absolute error"],
    ["rms", formatError(error.rms), "root mean square error"],
    ["p99", formatError(error.p99), "99 % of the values are at most so far off"],
    ["argmax", String(error.argmax), "position of the largest error, row by row"],
    ["relativeToMax", formatError(error.relativeToMax), "maxAbs over the largest expected magnitude"],
    ["precisionBits", formatNumber(error.precisionBits), "correct bits below that magnitude"],
  ]);
}
