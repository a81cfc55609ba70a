import type { AdvicePoint, AdviceReport } from "../../src/he-ml/parameters-tester/advice.js";
import type { TestedLayer, TestedSet, TestReport } from "../../src/he-ml/parameters-tester/test-report.js";

// Reports of the parameter tester and of the adviser, by hand.

const state = (level: number, scale: number, headroom: number) => ({
  noise_budget: null,
  level,
  scale_bits: scale,
  headroom_bits: headroom,
});

const budget = (bits: number) => ({ noise_budget: bits, level: null, scale_bits: null, headroom_bits: null });

const errors = (error: number) => ({
  max_error: error,
  mean_error: error / 4,
  rms_error: error / 3,
  p99_error: error / 1.1,
  precision_bits: 8,
  argmax_flips: error > 0.5 ? 1 : 0,
});

const layer = (
  name: string,
  error: number,
  before: TestedLayer["before"],
  after: TestedLayer["after"],
): TestedLayer => ({
  ...errors(error),
  layer_name: name,
  kind: "linear",
  model_layers: [0],
  shape: [2],
  min_noise: after.noise_budget,
  max_error_position: [0, 1],
  cipher_value: 1.25,
  plain_value: 1,
  before,
  after,
  milliseconds: 1,
  bytes: 1,
});

interface Varied {
  readonly scale: number;
  readonly weights?: number;
  readonly packing?: "batch" | "packed";
  readonly error?: number;
}

/** A set that is done where it has an error, else one that failed. */
export function testedSet({ scale, weights = 16, packing = "batch", error }: Varied): TestedSet {
  const parameters = {
    scheme: "ckks" as const,
    poly_modulus_degree: 8192,
    coeff_modulus_bits: [50, 60, 48, 60],
    packing,
    sec: 128 as const,
    scale_bits: scale,
    weight_scale_bits: weights,
    reencrypt_positions: [],
  };
  const common = { given: { scheme: "ckks" }, parameters, images: 4, time: "2026-01-01T00:00:00Z" };
  if (error === undefined) {
    return { ...common, status: "failed", reason: 'linear "fc": the chain is too short <here>', layers: [] };
  }
  const layers = [
    layer("conv", error / 16, state(3, scale, 90), state(3, scale + weights, 74)),
    layer("fc", error, state(3, scale + weights, 74), state(1, scale, 20)),
  ];
  return {
    ...common,
    ...{ status: "done", ...errors(error), final_max_error: error, layers },
    milliseconds: { keys: 100, encrypt: 10, evaluate: packing === "batch" ? 2000 : 400, decrypt: 1 },
    bytes: { input: packing === "batch" ? 150e6 : 4e6, output: 1e6, evaluation_keys: 10e6 },
  };
}

export const bfvSet: TestedSet = {
  given: {},
  parameters: {
    scheme: "bfv",
    poly_modulus_degree: 4096,
    coeff_modulus_bits: [36, 36, 37],
    packing: "scalar",
    sec: 128,
    plain_modulus: 1_032_193,
    reencrypt_positions: [1],
  },
  status: "failed",
  reason: "no budget is left",
  images: 4,
  time: "2026-01-01T00:00:00Z",
  layers: [
    layer("conv", 1e-3, budget(70), budget(40)),
    layer("re-encryption", 1e-3, budget(40), budget(70)),
    layer("re-encryption", 0, budget(70), budget(70)),
  ],
};

export const reportOf = (results: readonly TestedSet[]): TestReport => ({
  format: "he-ml parameter test",
  version: 1,
  model: "m",
  model_digest: "0",
  dataset: "mnist",
  index: 0,
  count: 4,
  layers: [0, 1],
  debug: true,
  machine: {},
  versions: {},
  results,
});

/** More bits give more error once. */
export const sweep = reportOf([
  testedSet({ scale: 20, error: 0.02 }),
  testedSet({ scale: 18, error: 0.9 }),
  testedSet({ scale: 16, error: 0.4 }),
  testedSet({ scale: 22, error: 0.001 }),
  testedSet({ scale: 26 }),
  testedSet({ scale: 20, packing: "packed", error: 0.05 }),
  testedSet({ scale: 22, packing: "packed", error: 0.01 }),
]);

export const grid = reportOf(
  [16, 18, 22].flatMap((scale) =>
    [12, 14].map((weights) =>
      testedSet({ scale, weights, error: scale + weights > 34 ? undefined : 2 ** (10 - scale) }),
    ),
  ),
);

const point = (
  name: string,
  status: AdvicePoint["status"],
  packing: AdvicePoint["packing"],
  [milliseconds, each, error]: readonly [number, number, number],
): AdvicePoint => ({
  name,
  packing,
  evaluator: "kernel",
  status,
  measured: {
    relativeError: error,
    rmsError: error / 3,
    argmaxFlips: 0,
    latencyMilliseconds: milliseconds,
    imagesPerRequest: Math.round(milliseconds / each),
    millisecondsPerImage: each,
    uploadBytes: 800_000,
    uploadBytesPerImage: 40_000,
    downloadBytes: 1,
    keyBytes: 20_000_000,
    threads: 2,
  },
  why: { packing: "" },
});

export const advice: AdviceReport = {
  format: "he-ml advice",
  version: 1,
  model: "m",
  goal: "latency",
  relativeError: 0.01,
  security: 128,
  securityTable: "2018",
  images: { count: 4, madeUp: false },
  machine: {},
  recommended: "fast",
  stricter: "",
  points: [
    point("fast", "recommended", "packed", [80, 80, 0.002]),
    point("many", "front", "batch", [10_000, 2.5, 0.0005]),
    { ...point("worse", "dominated", "packed", [90, 90, 0.003]), dominatedBy: "fast" },
    { ...point("rough", "misses", "packed", [40, 40, 0.05]), reason: "measured 5 %, asked for 1 %" },
    { name: "no", packing: "scalar", evaluator: "kernel", status: "not-run", why: { packing: "" } },
  ],
};
