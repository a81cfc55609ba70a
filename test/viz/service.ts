import type { TimedRequest, Travelling } from "../../src/viz/index.js";

// What requests to a server took, by hand.

export const timed: TimedRequest = {
  label: "first",
  milliseconds: { encrypt: 9, upload: 8.5, queue: 0.01, evaluate: 20, download: 0.7, decrypt: 1 },
};

export const travelling: Travelling = {
  label: "one image",
  bytes: { evaluationKeys: 10_400_000, input: 790_000, output: 130_000 },
};
