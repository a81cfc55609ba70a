import type { RandomNetwork } from "./random-network.js";
import type { Repeated } from "./research-figure.js";

/** What grows, while all else stays. */
export type Grown = "size" | "channels" | "depth" | "precision";

export type GrowthPoint = {
  readonly grown: Grown;
  readonly network: RandomNetwork;
  /** That is asked for, relative to the largest output. */
  readonly relativeError: number;
};

export type PlannedGrowth = GrowthPoint & {
  readonly polyModulusDegree: number;
  readonly coeffModulusBits: readonly number[];
  readonly rotations: number;
  readonly products: number;
  readonly bytes: { readonly input: number; readonly output: number; readonly evaluationKeys: number };
};

export type TimedGrowth = {
  readonly predictedMilliseconds: number;
  readonly milliseconds: Pick<Repeated, "mean" | "confidence95" | "values">;
};

export type GrowthData = {
  readonly exact: readonly PlannedGrowth[];
  readonly measured: readonly TimedGrowth[];
};
