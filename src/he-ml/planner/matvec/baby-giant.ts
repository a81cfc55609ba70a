/** A diagonal of a linear transform: outputs of one ciphertext that read `step` slots further on in another. */
export interface DiagonalStep {
  readonly input: number;
  readonly output: number;
  readonly step: number;
}

/** How diagonals share rotations: step = baby + giant, modulo the period of what they read. */
export interface BabyGiantSplit {
  readonly rotations: number;
  babyOf(step: number): number;
}

/**
 * Splits the steps of diagonals into baby steps, which rotate inputs, and giant steps, which rotate sums of products,
 * so that d diagonals need about 2√d rotations instead of d − 1.
 *
 * A step is read as digits in mixed radix (columns, rows, planes of a layout), and each digit's range is cut into
 * a baby and a giant part; the cheapest of all cuts is taken.
 *
 * @param period steps that differ by it read the same
 * @param radices distances between rows and between planes of the layout, as far as they are known
 * @see Halevi and Shoup, "Faster Homomorphic Linear Transformations in HElib", CRYPTO 2018, section 4.1,
 *   https://eprint.iacr.org/2018/244
 */
export function splitSteps(
  diagonals: readonly DiagonalStep[],
  period: number,
  radices: readonly (readonly [row: number, plane: number])[],
): BabyGiantSplit {
  const counter = new RotationCounter(diagonals, period);
  let best = { rotations: Infinity, babies: new Int32Array() };
  for (const centred of [false, true]) {
    const steps = diagonals.map(({ step }) => (centred && step >= period / 2 ? step - period : step));
    for (const [row, plane] of radices) {
      const digits = steps.map((step) => digitsOf(step, row, plane, centred));
      const weights = [1, row, plane];
      const parts = [0, 1, 2].map((axis) => {
        const values = digits.map((digit) => digit[axis]);
        return cutsOf(values).map((cut) => Int32Array.from(values, (v) => weights[axis] * below(v, cut)));
      });
      for (const x of parts[0]) {
        for (const y of parts[1]) {
          for (const z of parts[2]) {
            const rotations = counter.count(steps, x, y, z, best.rotations);
            if (rotations < best.rotations) best = { rotations, babies: x.map((v, i) => v + y[i] + z[i]) };
          }
        }
      }
    }
  }
  const babyOf = new Map(diagonals.map(({ step }, i) => [step, best.babies[i]]));
  return { rotations: best.rotations, babyOf: (step) => babyOf.get(step)! };
}

type Digits = readonly [column: number, row: number, plane: number];

function digitsOf(step: number, row: number, plane: number, centred: boolean): Digits {
  const divide = centred ? Math.round : Math.floor;
  const sheet = divide(step / plane);
  const rest = step - sheet * plane;
  const line = divide(rest / row);
  return [rest - line * row, line, sheet];
}

/** The part of a digit that lies below a multiple of `cut`; all of it for an infinite one. */
function below(digit: number, cut: number): number {
  return cut === Infinity ? digit : digit - Math.floor(digit / cut) * cut;
}

const mostCuts = 12;

/** Where a digit's range can be cut: not at all, fully, or into parts of any size up to half of it. */
function cutsOf(digits: readonly number[]): number[] {
  const smallest = digits.reduce((a, b) => Math.min(a, b), Infinity);
  const range = digits.reduce((a, b) => Math.max(a, b), -Infinity) - smallest + 1;
  if (range === 1) return [Infinity];
  const parts = [1, Infinity];
  for (let part = 2; part <= Math.ceil(range / 2) && parts.length < mostCuts; part++) parts.push(part);
  for (let part = 16; part <= range / 2; part *= 2) if (!parts.includes(part)) parts.push(part);
  return parts;
}

/** Counts the distinct baby steps of each input and giant steps of each output, without allocating. */
class RotationCounter {
  readonly #seenBaby: Int32Array;
  readonly #seenGiant: Int32Array;
  readonly #span: number;
  #round = 0;

  constructor(
    private readonly diagonals: readonly DiagonalStep[],
    period: number,
  ) {
    this.#span = 4 * period;
    const most = (of: (diagonal: DiagonalStep) => number) =>
      diagonals.reduce((largest, diagonal) => Math.max(largest, of(diagonal) + 1), 1);
    this.#seenBaby = new Int32Array(most(({ input }) => input) * this.#span);
    this.#seenGiant = new Int32Array(most(({ output }) => output) * this.#span);
  }

  /** @returns the number of rotations, or something not below `limit` as soon as that is certain */
  count(steps: readonly number[], x: Int32Array, y: Int32Array, z: Int32Array, limit: number): number {
    this.#round++;
    let rotations = 0;
    for (let i = 0; i < steps.length && rotations < limit; i++) {
      const { input, output } = this.diagonals[i];
      const baby = x[i] + y[i] + z[i];
      const giant = steps[i] - baby;
      const half = this.#span / 2;
      const babyAt = input * this.#span + half + baby;
      const giantAt = output * this.#span + half + giant;
      if (baby !== 0 && this.#seenBaby[babyAt] !== this.#round) {
        this.#seenBaby[babyAt] = this.#round;
        rotations++;
      }
      if (giant !== 0 && this.#seenGiant[giantAt] !== this.#round) {
        this.#seenGiant[giantAt] = this.#round;
        rotations++;
      }
    }
    return rotations;
  }
}
