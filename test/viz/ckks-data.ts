import type { BabyGiantSweep } from "../../src/viz/ckks/baby-giant-steps.js";
import type { DrawnActivation, FitStep } from "../../src/viz/ckks/activation-fits.js";
import type { EncodingSweep } from "../../src/viz/ckks/encoding-error.js";
import type { NoiseStep } from "../../src/viz/ckks/noise-histogram.js";
import type { PolynomialStep } from "../../src/viz/ckks/polynomial-bars.js";
import type { ScaleStep } from "../../src/viz/ckks/scale-and-modulus.js";
import type { SecurityPoint } from "../../src/viz/ckks/security-limits.js";
import type { SlotRoots } from "../../src/viz/ckks/roots-of-unity.js";
import { seededRandom } from "../he-ml/support.js";

export const babyGiantSweep: BabyGiantSweep = {
  size: 16,
  steps: [
    { babySize: 1, milliseconds: 15 },
    { babySize: 3, milliseconds: 7.5 },
    { babySize: 4, milliseconds: 6 },
    { babySize: 16, milliseconds: 12 },
  ],
};

const N = 16;
export const slotExponents = [1, 3, 9, 27, 17, 19, 25, 11];
export const roots: SlotRoots = { polyModulusDegree: N, slotExponents };

/** Encodes real values in slots as a lesson does, by the inverse of evaluation at the roots. */
function encodingSweep(name: string, values: readonly number[], scales: readonly number[]): EncodingSweep {
  const angle = (slot: number, k: number) => (Math.PI * slotExponents[slot] * k) / N;
  const exact = Array.from(
    { length: N },
    (_, k) => (2 / N) * values.reduce((sum, value, slot) => sum + value * Math.cos(angle(slot, k)), 0),
  );
  return {
    values: name,
    steps: scales.map((scaleBits) => {
      const coefficients = exact.map((value) => value * 2 ** scaleBits);
      const rounded = coefficients.map((value) => Math.round(value) + 0);
      const slotErrors = values.map((value, slot) => {
        const sum = (wave: (angle: number) => number) =>
          rounded.reduce((total, c, k) => total + c * wave(angle(slot, k)), 0) / 2 ** scaleBits;
        return Math.hypot(sum(Math.cos) - value, sum(Math.sin));
      });
      return { scaleBits, coefficients, rounded, slotErrors };
    }),
  };
}

const scales = [0, 2, 4, 6, 8, 12, 16, 20];
export const encodingSweeps: readonly EncodingSweep[] = [
  encodingSweep("1, 2, … 8", [1, 2, 3, 4, 5, 6, 7, 8], scales),
  encodingSweep("one slot only", [0, 0, 3.2, 0, 0, 0, 0, 0], scales),
];

const random = seededRandom(5);
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
export const noiseSteps: readonly NoiseStep[] = [0, 0.5, 1, 2, 3.2].map((sigma) => ({
  sigma,
  noise: Array.from({ length: 2000 }, () => Math.round(sigma * normal())),
  keyFound: sigma === 0,
}));

export const scaleSteps: readonly ScaleStep[] = [
  { operation: "encrypt", scaleBits: 30, modulusBits: 100 },
  { operation: "multiply", scaleBits: 60, modulusBits: 100 },
  { operation: "rescale", scaleBits: 30, modulusBits: 70 },
  { operation: "multiply", scaleBits: 60, modulusBits: 70 },
  { operation: "relinearize", scaleBits: 60, modulusBits: 70 },
  { operation: "rotate", scaleBits: 60, modulusBits: 70 },
  { operation: "multiply", scaleBits: 90, modulusBits: 70 },
];

export const securityPoints: readonly SecurityPoint[] = [
  { label: "toy", polyModulusDegree: 64, modulusBits: 60 },
  { polyModulusDegree: 4096, modulusBits: 109 },
  { polyModulusDegree: 8192, modulusBits: 214 },
  { polyModulusDegree: 8192, modulusBits: 218 },
  { polyModulusDegree: 8192, modulusBits: 240 },
  { polyModulusDegree: 65536, modulusBits: 1500 },
];

export const polynomialSteps: readonly PolynomialStep[] = [
  { operation: "times X", before: [1, 2, -3, 40, 5, 6, 7, 8], after: [-8, 1, 2, -3, 40, 5, 6, 7] },
  { operation: "times 3", before: [1, 2, -3, 40, 5, 6, 7, 8], after: [3, 6, -9, 120, 15, 18, 21, 24] },
];

const xs = Array.from({ length: 41 }, (_, i) => i - 20);
export const tanh: DrawnActivation = { name: "tanh x", x: xs, y: xs.map(Math.tanh) };

const taylor = xs.map((x) => x - x ** 3 / 3);
export const fitSteps: readonly FitStep[] = [
  {
    degree: 3,
    reach: 2,
    levels: 2,
    fits: [
      { name: "Taylor", y: taylor, largestError: 1.6, accuracy: 0.1 },
      { name: "least squares", y: xs.map((x) => x / 20), largestError: 0.1, accuracy: 0.2 },
    ],
  },
  {
    degree: 31,
    reach: 20,
    levels: 5,
    fits: [
      { name: "Taylor", y: taylor, largestError: 3.1e22, accuracy: 0.098 },
      { name: "least squares", y: xs.map((x) => x / 20), largestError: 0.02, accuracy: 0.985 },
    ],
  },
];
