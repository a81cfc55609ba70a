import { expect } from "@jest/globals";
import type { Ciphertext, LevelAndScale, Plaintext } from "../../../src/he-ml/crypto/ciphertext.js";
import type { ClearCiphertext } from "../../../src/he-ml/crypto/clear-evaluator.js";
import type { Evaluator } from "../../../src/he-ml/crypto/evaluator.js";
import { noiseModel } from "../../../src/he-ml/crypto/noise.js";
import { modulusBits, type CkksParameters } from "../../../src/he-ml/crypto/parameters.js";
import { InputError } from "../../../src/he-ml/errors.js";
import { maxAbs } from "../../../src/he-ml/tensor/tensor.js";
import {
  encryptSlots,
  maxAbsDifference,
  randomTensor,
  sigmas,
  thrownBy,
  type SealSide,
  type Side,
  describeError,
} from "../support.js";
import {
  computations,
  encodings,
  type Computation,
  type Encoding,
  type Operation,
  type Step,
} from "./random-steps.js";

/** One ciphertext on both sides, and what is known of its error. */
interface Twins {
  readonly seal: Ciphertext;
  readonly clear: ClearCiphertext;
  /** The error stays below this many predicted standard deviations. */
  readonly sigmas: number;
  /** A bound on its values as if nothing had cancelled, for the rounding of doubles. */
  readonly magnitude: number;
  /** The encryptions and encodings it stems from: where two share one, their errors are not independent. */
  readonly origins: ReadonlySet<number>;
}

interface PlainTwins {
  readonly seal: Plaintext;
  readonly clear: Plaintext;
  readonly magnitude: number;
  readonly noise: number;
  readonly origins: ReadonlySet<number>;
}

/** The two refusals that one side makes alone. */
const transparent = /the operands cancel out and leave a transparent ciphertext/;

const outgrown = /outgrows the primes left .* would wrap around/;

/** Runs a random program on SEAL and on the twin side by side. */
export class Program {
  readonly #ciphertexts: Twins[] = [];
  readonly #plaintexts: PlainTwins[] = [];
  readonly #parameters: CkksParameters;
  #origin = 0;
  /** Whether one side refused alone, so that the counts differ. */
  alone = false;

  constructor(
    private readonly seal: SealSide,
    private readonly clear: Side,
    private readonly tally: Map<Operation, { accepted: number; refused: number }>,
  ) {
    this.#parameters = seal.evaluator.parameters;
    for (let seed = 0; seed < 3; seed++) this.#encrypt(this.#vector(seed));
    const at = { level: this.#parameters.levels, scale: 2 ** this.#parameters.weightScaleBits };
    this.#encode((he) => he.encode(this.#vector(5), at), "encode");
    this.#encode((he) => he.encodeScalar(-0.75, at), "encodeScalar");
  }

  run({ operation, choices }: Step): void {
    const [a, b, plain] = this.#operands(operation, choices);
    const level = this.#level(a.clear, choices[3]);
    const rest = {
      vector: this.#vector(choices[4]),
      scalar: this.#scalar(choices[5]),
      level,
      scale: this.#scale(a.clear, b.clear, level, choices[6]),
    };
    const on = (side: "seal" | "clear") => ({ a: a[side], b: b[side], plain: plain[side], ...rest });

    if (operation === "encrypt") return this.#encrypt(rest.vector);
    if (operation === "encode" || operation === "encodeScalar") {
      return this.#encode((he) => encodings[operation](he, on("clear")), operation);
    }
    const made = this.#attempt(operation, (side) => computations[operation](this[side].evaluator, on(side)));
    if (made) this.#keep(operation, a, b, plain, made.seal, made.clear as ClearCiphertext);
  }

  /** Compares every ciphertext on both sides, so also that none was changed by an operation it went into. */
  compare(): number {
    let sharp = 0;
    for (const { seal, clear, ...bound } of this.#ciphertexts) {
      expect({ level: seal.level, scale: seal.scale, size: seal.size }).toEqual({
        level: clear.level,
        scale: clear.scale,
        size: clear.size,
      });
      const expected = this.clear.slots(clear);
      const tolerance = bound.sigmas * clear.predictedError + bound.magnitude * 2 ** -42;
      const error = maxAbsDifference(this.seal.slots(seal), expected);
      expect(error).toBeLessThanOrEqual(tolerance);
      if (tolerance < maxAbs(expected) / 20) sharp++;
    }
    return sharp;
  }

  [Symbol.dispose](): void {
    for (const { seal } of [...this.#ciphertexts, ...this.#plaintexts]) seal[Symbol.dispose]();
  }

  #encrypt(vector: Float64Array): void {
    const made = this.#attempt("encrypt", (side) => encryptSlots(this[side], vector))!;
    this.#ciphertexts.push({
      seal: made.seal,
      clear: made.clear as ClearCiphertext,
      sigmas,
      magnitude: maxAbs(vector),
      origins: new Set([this.#origin++]),
    });
  }

  #encode(work: (he: Evaluator) => Plaintext, operation: Encoding): void {
    const made = this.#attempt(operation, (side) => work(this[side].evaluator));
    if (!made) return;
    const { seal, clear } = made;
    expect([seal.level, seal.scale, seal.isZero]).toEqual([clear.level, clear.scale, clear.isZero]);
    const { noise } = clear as unknown as { noise: number };
    const values = this.clear.evaluator.decode(clear);
    const rounding = (sigmas * noise) / clear.scale + maxAbs(values) * 2 ** -42;
    expect(maxAbsDifference(this.seal.evaluator.decode(seal), values)).toBeLessThanOrEqual(rounding);
    this.#plaintexts.push({
      seal,
      clear,
      noise,
      magnitude: maxAbs(values),
      origins: new Set([this.#origin++]),
    });
  }

  #keep(
    operation: Computation,
    a: Twins,
    b: Twins,
    plain: PlainTwins,
    seal: Ciphertext,
    clear: ClearCiphertext,
  ) {
    const factors: Partial<Record<Computation, [left: Twins, right: Twins | PlainTwins]>> = {
      add: [a, b],
      sub: [a, b],
      addPlain: [a, plain],
      multiplyPlain: [a, plain],
      multiplyPlainAdd: [a, b],
      multiply: [a, b],
      square: [a, a],
    };
    const [left, right] = factors[operation] ?? [a, a];
    const rightSigmas = "sigmas" in right ? right.sigmas : sigmas;
    const rightNoise = "noise" in right ? right.noise : right.clear.noise;
    const origins = new Set([...left.origins, ...right.origins]);
    // |x + y| ≤ √2·√(x² + y²) whatever x and y have in common.
    const shared = left !== right && [...left.origins].some((origin) => right.origins.has(origin));
    let bound = Math.max(left.sigmas, rightSigmas) * (shared ? Math.SQRT2 : 1);
    let { magnitude } = a;
    switch (operation) {
      case "encryptZero":
        bound = sigmas;
        magnitude = 0;
        origins.clear();
        origins.add(this.#origin++);
        break;
      case "add":
      case "sub":
      case "addPlain":
        magnitude += right.magnitude;
        break;
      case "multiplyPlain":
      case "multiply":
      case "square":
        magnitude *= right.magnitude;
        bound += (2 * left.sigmas * rightSigmas * left.clear.noise * rightNoise) / clear.noise;
        break;
      case "multiplyPlainAdd":
        magnitude += b.magnitude * plain.magnitude;
        for (const origin of plain.origins) {
          if (origins.has(origin)) bound *= Math.SQRT2;
          origins.add(origin);
        }
        bound += (2 * b.sigmas * sigmas * b.clear.noise * plain.noise) / clear.noise;
        break;
      case "relinearize": {
        // Slot 0 has most of a key switch's error (noise.test.ts); 8 standard deviations of it.
        const slot0 = (8 * Math.sqrt(3 * this.#parameters.polyModulusDegree)) / Math.PI;
        const switched = noiseModel(this.#parameters, "seal").keySwitch(clear.level);
        bound = (a.sigmas * a.clear.noise + slot0 * switched) / clear.noise;
        break;
      }
      case "rescaleToNext":
        // Three polynomials round with |s|² in place of |s|: a longer tail.
        if (a.clear.size === 3) bound = Math.max(bound, 3 * sigmas);
        break;
      case "setScale":
        magnitude *= a.clear.scale / clear.scale;
        break;
    }
    const drowned = Math.log2(bound * clear.noise) > modulusBits(this.#parameters, clear.level) - 2;
    if (drowned) seal[Symbol.dispose]();
    else this.#ciphertexts.push({ seal, clear, sigmas: bound, magnitude, origins });
  }

  /** Both sides do it, or both refuse it with the same message. */
  #attempt<T extends Disposable>(
    operation: Operation,
    work: (side: "seal" | "clear") => T,
  ): { seal: T; clear: T } | undefined {
    const made: Partial<Record<"seal" | "clear", T>> = {};
    const [seal, clear] = (["seal", "clear"] as const).map((side) =>
      thrownBy(() => (made[side] = work(side))),
    );
    const count = this.tally.get(operation)!;
    if (clear instanceof InputError && outgrown.test(clear.message) && seal === undefined) {
      made.seal?.[Symbol.dispose]();
      this.alone = true;
      return undefined;
    }
    if (seal instanceof InputError && transparent.test(seal.message) && clear === undefined) {
      this.alone = true;
      return undefined;
    }
    expect(describeError(seal)).toBe(describeError(clear));
    if (seal !== undefined) {
      expect(seal).toBeInstanceOf(InputError);
      expect((seal as Error).message).not.toMatch(/SEAL|wasm|exception/i);
      count.refused++;
      return undefined;
    }
    count.accepted++;
    return made as { seal: T; clear: T };
  }

  /** Operands at random, or in two of three cases the first after random ones that the operation takes. */
  #operands(operation: Operation, choices: readonly number[]): [a: Twins, b: Twins, plain: PlainTwins] {
    const rotate = <T>(from: readonly T[], by: number): readonly T[] => {
      const start = by % from.length;
      return [...from.slice(start), ...from.slice(0, start)];
    };
    const left = rotate(this.#ciphertexts, choices[0]);
    const right = rotate(this.#ciphertexts, choices[1]);
    const plains = rotate(this.#plaintexts, choices[2]);
    const fits = fitting[operation];
    if (fits && choices[7] % 3 > 0) {
      for (const a of left) {
        for (const b of right) {
          const plain = plains.find((candidate) => fits(a.clear, b.clear, candidate.clear));
          if (plain) return [a, b, plain];
        }
      }
    }
    return [left[0], right[0], plains[0]];
  }

  #vector(seed: number): Float64Array {
    const { slots } = this.#parameters;
    const lengths = [slots, slots, slots, slots, 3, 1];
    const factors = [1, 1, 1, 2, 0.25, 0, 1e-12];
    // All coefficients but the first are zero, which is as large as the values.
    if (seed % 11 === 0) return new Float64Array(slots).fill(seed % 2 ? 1 : -0.7);
    const factor = factors[seed % factors.length];
    return randomTensor([lengths[seed % lengths.length]], seed).data.map((value) => value * factor);
  }

  #scalar(seed: number): number {
    const sensible = [1, -1, 0.5, -0.75, 1.25, 0.375];
    const odd = [0, 1e-12, 1000, -(2 ** 29), 2 ** 70, 1e300, NaN, Infinity, -Infinity];
    return seed % 10 < 7 ? pick(sensible, seed) : pick(odd, seed);
  }

  #level({ level }: ClearCiphertext, seed: number): number {
    if (seed % 10 < 6) return level;
    return pick([1, 2, 3, 1, 2, 3, 0, this.#parameters.levels + 1, 1.5, NaN], Math.floor(seed / 10));
  }

  #scale(a: ClearCiphertext, b: ClearCiphertext, level: number, seed: number): number {
    if (seed % 10 < 5) return a.scale;
    const { scaleBits, weightScaleBits } = this.#parameters;
    const bits = modulusBits(this.#parameters, Math.min(3, Math.max(1, Math.floor(level) || 1)));
    const sensible = [2 ** weightScaleBits, 2 ** weightScaleBits, 2 ** scaleBits, b.scale, 1, a.scale * 4];
    // A scale within a few bits of the modulus is where refusals begin.
    const edges = Array.from({ length: 16 }, (_, i) => 2 ** (bits - 3 + i / 4));
    const close = [a.scale * (1 + Number.EPSILON), a.scale * (1 + 2 ** -51), a.scale * (1 - Number.EPSILON)];
    const none = [0, -1, NaN, Infinity, 2 ** 200];
    const odd = [...edges, ...close, ...none, ...none];
    return seed % 10 < 8 ? pick(sensible, Math.floor(seed / 10)) : pick(odd, Math.floor(seed / 10));
  }
}

const stateOf = ({ level, scale }: LevelAndScale) => `${level} ${scale}`;

const fitting: Partial<Record<Operation, (a: Ciphertext, b: Ciphertext, plain: Plaintext) => boolean>> = {
  add: (a, b) => stateOf(a) === stateOf(b),
  sub: (a, b) => stateOf(a) === stateOf(b),
  addPlain: (a, _, plain) => stateOf(a) === stateOf(plain),
  multiplyPlainAdd: (a, b, plain) =>
    b.level === plain.level && stateOf(a) === stateOf({ level: b.level, scale: b.scale * plain.scale }),
  relinearize: (a) => a.size === 3,
};

const pick = <T>(from: readonly T[], seed: number): T => from[seed % from.length];
