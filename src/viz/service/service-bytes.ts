import type { RemoteInference } from "../../he-ml/network/remote-inference.js";
import type { Figure } from "../figure.js";
import { megabytes } from "../units.js";
import {
  largestBar,
  largestPart,
  requireBars,
  requireRequests,
  stackedBars,
  totalOf,
  type StackedBar,
} from "./stacked-bars.js";

const operation = "serviceBytes";

/** What travels for one client, in bytes. */
export interface Travelling {
  /** Of what: "one image", "100 images". */
  readonly label: string;
  readonly bytes: RemoteInference["bytes"];
}

const parts = {
  evaluationKeys: "keys, once",
  input: "requests",
  output: "answers",
} as const satisfies Readonly<Record<keyof Travelling["bytes"], string>>;

/**
 * What travels between a client and a server, in megabytes: evaluation keys once, requests up and answers down. Below the title
 * stands the largest, and what most of it is.
 *
 * @param travelling at least one; of several images `input` and `output` are those of all of them
 * @throws InputError if there are none, or a part is missing or below 0
 * @example
 * const { bytes } = await remote.infer(image);
 * serviceBytes([{ label: "one image", bytes }]);
 */
export function serviceBytes(travelling: readonly Travelling[]): Figure {
  requireRequests(operation, travelling);
  const bars = travelling.map(({ label, bytes }): StackedBar => ({ label, parts: bytes }));
  requireBars(operation, bars, parts);
  const largest = largestBar(bars);
  const [part, most] = largestPart(largest);
  const inMegabytes = bars.map((bar) => ({
    ...bar,
    parts: Object.fromEntries(Object.entries(bar.parts).map(([key, value]) => [key, value / 1e6])),
  }));
  return stackedBars(inMegabytes, parts, {
    title: "What travels",
    caption: `${largest.label}: ${megabytes(totalOf(largest))}, ${megabytes(most)} ${parts[part as keyof typeof parts]}`,
    axis: "megabytes",
    format: (value) => megabytes(1e6 * value),
  });
}
