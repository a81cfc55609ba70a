import type { RemoteInference } from "../../he-ml/network/remote-inference.js";
import type { Figure } from "../figure.js";
import {
  largestBar,
  largestPart,
  requireBars,
  requireRequests,
  stackedBars,
  totalOf,
  type StackedBar,
} from "./stacked-bars.js";

const operation = "serviceTimings";

/** A request to a server, by what its parts took. */
export interface TimedRequest extends Pick<RemoteInference, "milliseconds"> {
  /** Whose, or which. */
  readonly label: string;
}

const stages = {
  encrypt: "encrypt",
  upload: "upload",
  queue: "queue",
  evaluate: "evaluate",
  download: "download",
  decrypt: "decrypt",
} as const satisfies Readonly<Record<keyof TimedRequest["milliseconds"], string>>;

/** Two digits, and all before the point. */
const milliseconds = (value: number) => `${value >= 10 ? value.toFixed(0) : Number(value.toPrecision(2))} ms`;

/**
 * Where the time of requests goes: a bar for each, from encrypting to decrypting. Below the title stands the slowest, and what
 * most of it went to.
 *
 * @param requests at least one; what `RemoteModel.infer` gives has their `milliseconds`
 * @throws InputError if there are none, or a part is missing or below 0
 * @example
 * const { milliseconds } = await remote.infer(image);
 * serviceTimings([{ label: "first", milliseconds }]);
 */
export function serviceTimings(requests: readonly TimedRequest[]): Figure {
  requireRequests(operation, requests);
  const bars = requests.map(({ label, milliseconds: parts }): StackedBar => ({ label, parts }));
  requireBars(operation, bars, stages);
  const slowest = largestBar(bars);
  const [stage, most] = largestPart(slowest);
  return stackedBars(bars, stages, {
    title: "Where the time goes",
    caption: `${slowest.label}: ${milliseconds(totalOf(slowest))}, ${stage} ${milliseconds(most)} of it`,
    axis: "time (ms)",
    format: milliseconds,
  });
}
