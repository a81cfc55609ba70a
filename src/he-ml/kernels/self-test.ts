import type { ResidueKind } from "./residue-ring.js";
import { tensorProduct } from "./rns-products.js";
import { RnsRing, type Residues, type RnsRingOptions, type SwitchingKey } from "./rns-ring.js";

/** What the kernels turned out to do on this machine. */
export interface KernelTest {
  /** How primes below 2^52 are worked with; none where the kernels cannot be used at all. */
  readonly kind?: ResidueKind;
  /** Why not in doubles, or why not at all. */
  readonly reason?: string;
}

export const testDegree = 1024;
const rotation = 3;
/**
 * Of 50, 52 and 55 bits, under a special one of 60: every conversion between doubles and integers, and within them, is met.
 *
 * @see coeffModulusPrimes, which gives these
 */
export const testPrimes: readonly bigint[] = [
  1125899906826241n,
  4503599627366401n,
  36028797018820609n,
  1152921504606830593n,
];
/** Of what SEAL makes of the same words under the same keys. */
export const sealsChecksum = 16469446577989801523n;

let tested: Promise<KernelTest> | undefined;

/**
 * Tries the kernels, once: products, transforms, conversions, divisions, key switches and a rotation, whose words must be
 * SEAL's. Without multiplication and addition that round once (fused), doubles would be wrong without a word. Where a file
 * is missing it is looked for again next time.
 */
export async function testKernels(): Promise<KernelTest> {
  tested ??= tryKernels();
  const result = await tested;
  if (!result.kind) tested = undefined;
  return result;
}

type OpenRing = (n: number, primes: readonly bigint[], options?: RnsRingOptions) => Promise<RnsRing>;

/** @param open what is tried */
export async function tryKernels(
  open: OpenRing = (n, primes, options) => RnsRing.open(n, primes, options),
): Promise<KernelTest> {
  try {
    const ring = await open(testDegree, testPrimes);
    const hasDoubles = ring.kinds.includes("f64");
    if (hasDoubles && isRight(ring)) return { kind: "f64" };
    const reason = hasDoubles
      ? "doubles gave a wrong result in the self-test"
      : "WebAssembly has no fused multiplication and addition here";
    if (isRight(await open(testDegree, testPrimes, { kind: "i64" }))) return { kind: "i64", reason };
    return { reason: "integers gave a wrong result in the self-test" };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

function isRight(ring: RnsRing): boolean {
  return checksum(testResult(ring).map((residues) => ring.toWords(residues))) === sealsChecksum;
}

/** A ciphertext squared, relinearized, divided by its last prime, and rotated by one slot, as SEAL computes it. */
export function testResult(ring: RnsRing): Residues[] {
  const { ciphertext, digits } = testWords();
  const level = testPrimes.length - 1;
  const polynomials = ciphertext.map((words) => ring.fromWords(words, level));
  const factors = (words: BigUint64Array) =>
    ring.rings.map((each, i) => {
      const to = ring.memory.take();
      each.factorFromWords(to, words.subarray(i * testDegree, (i + 1) * testDegree));
      return to;
    });
  const key: SwitchingKey = { level, digits: digits.map(([a, b]) => [factors(a), factors(b)]) };
  const [first, second, third] = tensorProduct(ring, polynomials, polynomials);
  const relinearized = ring.keySwitched(third, key, [first, second], true);
  const [plus, turned] = ring.divideByLast(relinearized).map((each) => ring.permuted(each, rotation));
  return ring.keySwitched(turned, key, [plus], true);
}

/** Random, the same ones each time: a ciphertext modulo the data primes, and the digits of a key modulo all of them. */
export function testWords() {
  const random = xorshift(1);
  const polynomial = (primes: readonly bigint[]) => {
    const words = new BigUint64Array(primes.length * testDegree);
    return words.map((_, i) => (random() * 2n ** 32n + random()) % primes[Math.floor(i / testDegree)]);
  };
  const data = testPrimes.slice(0, -1);
  return {
    ciphertext: [polynomial(data), polynomial(data)],
    digits: data.map(() => [polynomial(testPrimes), polynomial(testPrimes)] as const),
  };
}

/** Numbers of 32 bits. Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8(14), 2003 */
function xorshift(seed: number): () => bigint {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return BigInt(state >>> 0);
  };
}

/** FNV-1a over words: https://www.rfc-editor.org/rfc/rfc9923 */
export function checksum(polynomials: readonly BigUint64Array[]): bigint {
  let sum = 0xcbf29ce484222325n;
  for (const words of polynomials)
    for (const word of words) sum = BigInt.asUintN(64, (sum ^ word) * 0x100000001b3n);
  return sum;
}
