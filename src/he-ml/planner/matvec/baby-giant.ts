import { equalRotations, type RotationCosts } from "./rotation-costs.js";

/** A diagonal of a linear transform: outputs of one ciphertext that read `step` slots further on in another. */
export interface DiagonalStep {
  readonly input: number;
  readonly output: number;
  readonly step: number;
}

/**
 * A way to write a step as a number in mixed radix, as hours, minutes and seconds are: so many planes, rows and columns,
 * where going down a row takes `row` slots and going to the next plane `plane` slots.
 */
export type Radices = readonly [row: number, plane: number];

/** How diagonals share rotations: step = baby + giant, modulo the period of what they read. */
export interface BabyGiantSplit {
  readonly rotations: number;
  babyOf(step: number): number;
}

/**
 * Splits the steps of diagonals into baby steps, which rotate inputs, and giant steps, which rotate sums of products,
 * so that d diagonals need about 2√d rotations instead of d − 1. Where rotations of one ciphertext share work, there are
 * more baby steps and fewer giant ones.
 *
 * A step is read as digits in mixed radix (columns, rows, planes of a layout), and each digit's range is cut into
 * a baby and a giant part; the cheapest of all cuts is taken. Steps are read as numbers from 0 up, and then as numbers
 * from minus to plus half a period: with period 8 the steps 6, 7, 0, 1, 2 are the range from −2 to 2.
 *
 * @param period steps that differ by it read the same
 * @param radices each is tried; distances between rows and between planes of the layout, as far as they are known
 * @param costs of rotations, of which the split takes the least
 * @example
 * const steps = [0, 1, 2, 3].map((step) => ({ input: 0, output: 0, step }));
 * const { rotations, babyOf } = splitSteps(steps, 8, [[8, 16]]); // 2 rotations: by 1 and by 2
 * @see Halevi and Shoup, "Faster Homomorphic Linear Transformations in HElib", CRYPTO 2018, section 4.1,
 *   https://eprint.iacr.org/2018/244
 */
export function splitSteps(
  diagonals: readonly DiagonalStep[],
  period: number,
  radices: readonly Radices[],
  costs: RotationCosts = equalRotations,
): BabyGiantSplit {
  const counter = new RotationCounter(diagonals, period, costs);
  let best = { cost: Infinity, rotations: 0, babies: new Int32Array() };
  for (const centred of [false, true]) {
    const steps = diagonals.map(({ step }) => (centred && step >= period / 2 ? step - period : step));
    for (const [row, plane] of radices) {
      const digits = steps.map((step) => digitsOf(step, row, plane, centred));
      const [columnParts, rowParts, planeParts] = [1, row, plane].map((digitSlots, digit) =>
        babyPartsOf(
          digits.map((each) => each[digit]),
          digitSlots,
        ),
      );
      for (const x of columnParts) {
        for (const y of rowParts) {
          for (const z of planeParts) {
            const cost = counter.count(steps, x, y, z, best.cost);
            if (cost >= best.cost) continue;
            best = { cost, rotations: counter.rotations, babies: x.map((v, i) => v + y[i] + z[i]) };
          }
        }
      }
    }
  }
  const babyOf = new Map(diagonals.map(({ step }, i) => [step, best.babies[i]]));
  return { rotations: best.rotations, babyOf: (step) => babyOf.get(step)! };
}

/** For each way to cut a digit, the slots of its baby part in every step. */
function babyPartsOf(digits: readonly number[], digitSlots: number): Int32Array[] {
  return cutsOf(digits).map((cut) => Int32Array.from(digits, (digit) => digitSlots * below(digit, cut)));
}

type Digits = readonly [columns: number, rows: number, planes: number];

function digitsOf(step: number, row: number, plane: number, centred: boolean): Digits {
  const divide = centred ? Math.round : Math.floor;
  const planes = divide(step / plane);
  const withinPlane = step - planes * plane;
  const rows = divide(withinPlane / row);
  return [withinPlane - rows * row, rows, planes];
}

/** The part of a digit that lies below a multiple of `cut`; all of it for an infinite one. */
function below(digit: number, cut: number): number {
  return cut === Infinity ? digit : digit - Math.floor(digit / cut) * cut;
}

/** All sizes of cuts are tried up to so many, then powers of two: every cut of one digit meets every cut of the others. */
const mostCuts = 12;

/** Where a digit's range can be cut: all of it giant (1), all of it baby (infinite), or after so many up to half of it. */
function cutsOf(digits: readonly number[]): number[] {
  const smallest = digits.reduce((a, b) => Math.min(a, b), Infinity);
  const range = digits.reduce((a, b) => Math.max(a, b), -Infinity) - smallest + 1;
  if (range === 1) return [Infinity];
  const cuts = [1, Infinity];
  for (let cut = 2; cut <= Math.ceil(range / 2) && cuts.length < mostCuts; cut++) cuts.push(cut);
  for (let cut = 16; cut <= range / 2; cut *= 2) if (!cuts.includes(cut)) cuts.push(cut);
  return cuts;
}

/**
 * Counts the distinct baby steps of each input and giant steps of each output, and what they cost. There are very many
 * splits to count, so it allocates nothing: a step is marked with the number of the round in which it was last seen, and so
 * is an input that is rotated, and an output that has giant steps.
 */
class RotationCounter {
  readonly #seenBaby: Int32Array;
  readonly #seenGiant: Int32Array;
  readonly #rotatedInput: Int32Array;
  readonly #rotatedOutput: Int32Array;
  readonly #span: number;
  #round = 0;
  /** Of the split that was counted last. */
  rotations = 0;

  constructor(
    private readonly diagonals: readonly DiagonalStep[],
    period: number,
    private readonly costs: RotationCosts,
  ) {
    // Room for baby and giant steps between −2 and 2 periods: steps are less than one, their rounded digits may be more.
    this.#span = 4 * period;
    const most = (of: (diagonal: DiagonalStep) => number) =>
      diagonals.reduce((largest, diagonal) => Math.max(largest, of(diagonal) + 1), 1);
    this.#rotatedInput = new Int32Array(most(({ input }) => input));
    this.#rotatedOutput = new Int32Array(most(({ output }) => output));
    this.#seenBaby = new Int32Array(this.#rotatedInput.length * this.#span);
    this.#seenGiant = new Int32Array(this.#rotatedOutput.length * this.#span);
  }

  /** @returns what the rotations cost, or something not below `limit` as soon as that is certain */
  count(steps: readonly number[], x: Int32Array, y: Int32Array, z: Int32Array, limit: number): number {
    const round = ++this.#round;
    const { decompose, innerProduct, modDown } = this.costs;
    this.rotations = 0;
    let cost = 0;
    for (let i = 0; i < steps.length && cost < limit; i++) {
      const { input, output } = this.diagonals[i];
      const baby = x[i] + y[i] + z[i];
      const giant = steps[i] - baby;
      const half = this.#span / 2;
      const babyAt = input * this.#span + half + baby;
      const giantAt = output * this.#span + half + giant;
      if (baby !== 0 && this.#seenBaby[babyAt] !== round) {
        this.#seenBaby[babyAt] = round;
        this.rotations++;
        cost += innerProduct + modDown;
        if (this.#rotatedInput[input] !== round) cost += decompose;
        this.#rotatedInput[input] = round;
      }
      if (giant !== 0 && this.#seenGiant[giantAt] !== round) {
        this.#seenGiant[giantAt] = round;
        this.rotations++;
        cost += decompose + innerProduct;
        if (this.#rotatedOutput[output] !== round) cost += modDown;
        this.#rotatedOutput[output] = round;
      }
    }
    return cost;
  }
}
