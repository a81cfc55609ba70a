import { InputError } from "../errors.js";
import { elsewhere } from "../kernels/absent-ring.js";
import type { Residues, RnsRing } from "../kernels/rns-ring.js";
import { isZero, tensorProduct } from "../kernels/rns-products.js";
import { sumsOfMultiples } from "../kernels/sums-of-multiples.js";
import { RotationSum, type RotationKeyUse } from "../kernels/rotation-sum.js";
import type { Ciphertext, LevelAndScale, Plaintext } from "./ciphertext.js";
import { Evaluator } from "./evaluator.js";
import { KernelCiphertext, KernelPlaintext } from "./kernel-ciphertext.js";
import { giantStepSums } from "./kernel-giant-steps.js";
import { readHead, readResidues, writeResidues } from "./kernel-hand-over.js";
import { loadInTeam } from "./kernel-load.js";
import type { KernelKeys } from "./kernel-keys.js";
import { operationsOf, requireGiantSteps, type GiantStep } from "./linear-transform.js";
import type { RotationStep } from "./rotation-keys.js";
import type { SealEvaluator } from "./seal-evaluator.js";

export interface KernelEvaluatorOptions {
  /**
   * Whether every operation gives SEAL's own bytes: digits as SEAL takes them, and nothing shared between rotations. Slower,
   * and noisier.
   */
  readonly asSeal?: boolean;
}

/**
 * Computes on SEAL's ciphertexts under SEAL's keys in kernels of our own, several times faster than SEAL in WebAssembly. All
 * that it works with is public: what comes in is checked by SEAL, which encodes and encrypts, too.
 *
 * Rotations of one ciphertext share its digits, which are kept with it until it changes (hoisting). Digits are balanced,
 * which makes the noise of a key switch half of SEAL's.
 *
 * Several may work in one ring, each with the keys of another client: plaintexts are good for all of them, ciphertexts for
 * the one that made them.
 */
export class KernelEvaluator extends Evaluator implements Disposable {
  readonly name = "kernel";
  readonly kind = "kernel";
  readonly #asSeal: boolean;

  /**
   * @param seal encodes, encrypts zero, and checks what comes in
   * @param keys a client's; without any, it encodes and computes all that needs none
   */
  constructor(
    readonly ring: RnsRing,
    private readonly seal: SealEvaluator,
    private readonly keys: KernelKeys | undefined,
    { asSeal = false }: KernelEvaluatorOptions = {},
  ) {
    super(seal.parameters);
    this.#asSeal = asSeal;
  }

  /** Frees the keys; ciphertexts and plaintexts are their owners' to free. */
  [Symbol.dispose](): void {
    this.keys?.[Symbol.dispose]();
    this.seal[Symbol.dispose]();
  }

  copy(a: Ciphertext): Ciphertext {
    const { polynomials, scale } = this.#own(a);
    return this.#made(scale, () => polynomials.map((residues) => this.ring.copy(residues)));
  }

  save(a: Ciphertext): Uint8Array {
    const { polynomials, level, scale } = this.#own(a);
    const words = polynomials.map((residues) => this.ring.toWords(residues));
    return this.seal.ciphertextBytes({ polynomials: words, level }, scale);
  }

  load(bytes: Uint8Array): Ciphertext {
    using checked = this.seal.load(bytes);
    return this.#fromSeal(checked);
  }

  override loadAll(serialised: readonly Uint8Array[], at: LevelAndScale): Ciphertext[] {
    const made = (make: () => number[][]) => this.#made(at.scale, make);
    return loadInTeam(this.ring, this.seal, serialised, at, made) ?? super.loadAll(serialised, at);
  }

  override handOver(a: Ciphertext, to: Uint8Array): number {
    const { polynomials, scale } = this.#own(a);
    return writeResidues(this.ring, polynomials, scale, to);
  }

  override takeOver(bytes: Uint8Array): Ciphertext {
    const head = readHead(bytes);
    return this.#made(head.scale, () => readResidues(this.ring, bytes, head));
  }

  decode(plaintext: Plaintext): Float64Array {
    const { residues, level, scale } = this.#plain(plaintext);
    using handed = this.seal.plaintextOf(this.ring.toWords(residues), { level, scale });
    return this.seal.decode(handed);
  }

  override *linearTransform(
    giants: readonly GiantStep[],
    babyOf: (input: number, baby: number) => Ciphertext,
  ): Generator<number, Map<number, Ciphertext>> {
    if (this.#asSeal) return yield* super.linearTransform(giants, babyOf);
    requireGiantSteps(this.parameters, giants, babyOf);
    const sums = yield* giantStepSums(this.ring, giants, {
      babyOf: (input, baby) => this.#own(babyOf(input, baby)).polynomials,
      factorOf: (plaintext) => this.#plain(plaintext).factor,
      keyOf: (step, level) => this.#rotationKey(step, level),
    });
    this.count(operationsOf(giants));
    const scaleOf = ({ terms: [{ input, baby, plaintext }] }: GiantStep) =>
      babyOf(input, baby).scale * plaintext.scale;
    const scales = new Map(giants.map((giant) => [giant.output, scaleOf(giant)]));
    return new Map(
      sums.map(([output, polynomials]) => [output, this.#made(scales.get(output)!, () => polynomials)]),
    );
  }

  protected override doEncodeScalar(value: number, at: LevelAndScale): Plaintext {
    const integer = BigInt(Math.round(value * at.scale));
    const rings = this.ring.rings.slice(0, at.level);
    return this.ring.memory.attempt(() => {
      const residues = this.ring.take(at.level);
      rings.forEach((ring, i) => ring.fill(residues[i], integer));
      return this.#plaintext(residues, at, integer === 0n);
    });
  }

  protected override doEncode(values: Float64Array, at: LevelAndScale): Plaintext {
    using encoded = this.seal.encode(values, at);
    const words = this.seal.plaintextWords(encoded);
    return this.ring.memory.attempt(() =>
      this.#plaintext(this.ring.fromWords(words, at.level), at, encoded.isZero),
    );
  }

  protected override doEncryptZero(at: LevelAndScale): Ciphertext {
    using zero = this.seal.encryptZero(at);
    const { polynomials, level } = this.seal.ciphertextWords(zero);
    return this.#made(zero.scale, () => polynomials.map((words) => this.ring.fromWordsOf(0, words, level)));
  }

  protected override doAdd(a: Ciphertext, b: Ciphertext): void {
    this.#combine("add", a, b, (to, x, y, i) => this.ring.rings[i].add(to, x, y));
  }

  protected override doSub(a: Ciphertext, b: Ciphertext): void {
    this.#combine("sub", a, b, (to, x, y, i) => this.ring.rings[i].subtract(to, x, y));
  }

  protected override doAddPlain(a: Ciphertext, b: Plaintext): void {
    const { residues } = this.#plain(b);
    const [first] = this.#own(a).polynomials;
    first.forEach((to, i) => this.ring.rings[i].add(to, to, residues[i]));
  }

  protected override doMultiplyPlain(a: Ciphertext, b: Plaintext): void {
    const own = this.#own(a);
    const { factor, scale } = this.#plain(b);
    own.changed();
    for (const residues of own.polynomials) {
      residues.forEach((to, i) => this.ring.rings[i].sumOfProducts(to, [to], [factor[i]]));
    }
    own.scale *= scale;
  }

  protected override doMultiplyPlainAdd(sum: Ciphertext, a: Ciphertext, b: Plaintext): void {
    const total = this.#own(sum);
    const { polynomials } = this.#own(a);
    const { factor } = this.#plain(b);
    total.changed();
    this.#widen(total, polynomials.length);
    factor.forEach((f, i) => {
      const ring = this.ring.rings[i];
      const [sums, as] = [total.polynomials, polynomials].map((each) => each.map((residues) => residues[i]));
      ring.addProductPair([sums[0], sums[1]], f, as[0], as[1]);
      if (as.length === 2) return;
      const [product] = this.ring.memory.takeMany(1);
      ring.sumOfProducts(product, [as[2]], [f]);
      ring.add(sums[2], sums[2], product);
      this.ring.memory.give([product]);
    });
  }

  protected override doWeightedSum(
    inputs: readonly Ciphertext[],
    integers: readonly number[],
    scale: number,
  ): Ciphertext {
    const as = inputs.map((input) => this.#own(input).polynomials);
    const sum = this.#made(scale, () => sumsOfMultiples(this.ring, [{ as, integers }])[0]);
    this.#requireOpaque("weightedSum", sum);
    return sum;
  }

  protected override doMultiply(a: Ciphertext, b: Ciphertext): void {
    const own = this.#own(a);
    const other = this.#own(b);
    const scale = own.scale * other.scale;
    own.become(tensorProduct(this.ring, own.polynomials, other.polynomials));
    own.scale = scale;
  }

  protected override doSquare(a: Ciphertext): void {
    const own = this.#own(a);
    own.become(tensorProduct(this.ring, own.polynomials, own.polynomials));
    own.scale *= own.scale;
  }

  protected override doRotate(a: Ciphertext, step: RotationStep): Ciphertext {
    const own = this.#own(a);
    const { element, key } = this.#rotationKey(step, own.level);
    const [first, second] = own.polynomials;
    return this.#made(own.scale, () => {
      if (this.#asSeal) {
        const moved = this.ring.permuted(second, element);
        const plus = this.ring.permuted(first, element);
        const switched = this.ring.keySwitched(moved, key, [plus], true);
        this.ring.memory.give([...moved, ...plus]);
        return switched;
      }
      const unmoved = this.ring.divideBySpecial(this.ring.switchKey(own.digits, key), [first]);
      const moved = unmoved.map((residues) => this.ring.permuted(residues, element));
      this.ring.memory.give(unmoved.flat());
      return moved;
    });
  }

  protected override doRotateAndSum(a: Ciphertext, steps: readonly RotationStep[]): void {
    if (this.#asSeal || steps.length === 0) return super.doRotateAndSum(a, steps);
    const own = this.#own(a);
    using sum = new RotationSum(this.ring);
    sum.add(own.polynomials);
    for (const step of steps) {
      sum.addRotated(own.polynomials[0], own.digits, this.#rotationKey(step, own.level));
    }
    own.become(sum.finish());
  }

  protected override doRelinearize(a: Ciphertext): void {
    const own = this.#own(a);
    const key = this.keys?.relinearization;
    if (!key) {
      throw new InputError(
        `relinearize: there are no relinearization keys; export evaluation keys with { relinearization: true }`,
      );
    }
    const [first, second, third] = own.polynomials;
    own.become(
      this.ring.memory.attempt(() => this.ring.keySwitched(third, key, [first, second], this.#asSeal)),
    );
  }

  protected override doRescale(a: Ciphertext, scale: number): void {
    const own = this.#own(a);
    own.become(this.ring.memory.attempt(() => this.ring.divideByLast(own.polynomials)));
    own.scale = scale;
  }

  protected override doModSwitch(a: Ciphertext, level: number): void {
    const own = this.#own(a);
    own.become(own.polynomials.map((residues) => residues.slice(0, level)));
  }

  protected override doSetScale(a: Ciphertext, scale: number): void {
    this.#own(a).scale = scale;
  }

  /** The key that rotates by `step`. @throws InputError if there is none for this level */
  #rotationKey(step: RotationStep, level: number): RotationKeyUse {
    const held = this.keys?.rotations.get(step);
    if (held && held.key.level >= level) return held;
    throw new InputError(
      `rotate: there is no key for step ${step} at level ${level}` +
        (held ? `, only up to level ${held.key.level}` : "") +
        `; export evaluation keys with { step: ${JSON.stringify(step)}, level: ${level} }`,
    );
  }

  #made(scale: number, make: () => Residues[]): KernelCiphertext {
    return new KernelCiphertext(this, this.ring, this.ring.memory.attempt(make), scale);
  }

  #fromSeal(a: Ciphertext): Ciphertext {
    const { polynomials, level } = this.seal.ciphertextWords(a);
    return this.#made(a.scale, () => polynomials.map((words) => this.ring.fromWords(words, level)));
  }

  #plaintext(residues: Residues, { level, scale }: LevelAndScale, isZero: boolean): KernelPlaintext {
    const factors = residues.map((residue, i) => {
      const ring = this.ring.rings[i];
      if (ring.kind === "f64" || residue === elsewhere) return residue;
      const factor = this.ring.memory.take();
      ring.toFactor(factor, residue);
      return factor;
    });
    return new KernelPlaintext(this.ring, residues, level, scale, isZero, factors);
  }

  #combine(
    operation: string,
    a: Ciphertext,
    b: Ciphertext,
    combine: (to: number, x: number, y: number, i: number) => void,
  ): void {
    const own = this.#own(a);
    const other = this.#own(b).polynomials;
    own.changed();
    this.#widen(own, other.length);
    other.forEach((residues, k) =>
      residues.forEach((y, i) => combine(own.polynomials[k][i], own.polynomials[k][i], y, i)),
    );
    this.#requireOpaque(operation, own);
  }

  /** Gives it as many polynomials, of zeros. */
  #widen(a: KernelCiphertext, size: number): void {
    while (a.size < size) {
      const zeros = this.ring.take(a.level);
      zeros.forEach((to, i) => this.ring.rings[i].fill(to, 0n));
      a.become([...a.polynomials, zeros]);
    }
  }

  /** @throws InputError if nothing but the first polynomial is left, which anyone can read */
  #requireOpaque(operation: string, a: KernelCiphertext): void {
    if (!a.polynomials.slice(1).every((residues) => isZero(this.ring, residues))) return;
    throw new InputError(
      `${operation}: the operands cancel out and leave a transparent ciphertext: anyone can read it; ` +
        `leave the terms out or use encryptZero`,
    );
  }

  #own(a: Ciphertext): KernelCiphertext {
    if (a instanceof KernelCiphertext && a.owner === this) return a;
    throw new InputError(
      `ciphertext: it belongs to another context; save it there and load it here, as it would travel`,
    );
  }

  #plain(b: Plaintext): KernelPlaintext {
    if (b instanceof KernelPlaintext && b.owner === this.ring) return b;
    throw new InputError(`plaintext: it was encoded by another evaluator; encode it with this one`);
  }
}
