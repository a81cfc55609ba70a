import { compiledWasm } from "./compiled-wasm.js";
import { WebAssembly, type WasmMemory } from "./web-assembly.js";

/** Where a sum of multiples lies in memory, as both kinds of kernels take it. */
type Multiples = [
  to: number,
  plus: number,
  as: number,
  weights: number,
  count: number,
  from: number,
  bytes: number,
  scratch: number,
];

/** What both kinds of kernels export, where a modulus is a number or a bigint, with what reductions need besides. */
interface PermutingKernels {
  permute(to: number, a: number, places: number, n: number): void;
}

/** Exports of `assembly/doubles.ts`, whose docstrings give formulas and bounds. Addresses are bytes into the memory. */
export interface DoubleKernels extends PermutingKernels {
  isFused(x: number): number;
  forward(x: number, n: number, table: number, p: number, reductions: number): void;
  backward(x: number, n: number, table: number, p: number): void;
  fromWords(to: number, from: number, n: number, p: number): void;
  toWords(to: number, from: number, n: number, p: number): void;
  add(to: number, a: number, b: number, n: number, p: number): void;
  subtract(to: number, a: number, b: number, n: number, p: number): void;
  addPermuted(to: number, a: number, places: number, n: number, p: number): void;
  multiplyConstant(to: number, a: number, n: number, w: number, ratio: number, p: number): void;
  sumOfProducts(to: number, as: number, bs: number, count: number, n: number, p: number): void;
  sumOfProductPairs(
    ...args: [
      to0: number,
      to1: number,
      fs: number,
      as: number,
      bs: number,
      count: number,
      n: number,
      p: number,
    ]
  ): void;
  addProductPair(
    ...args: [to0: number, to1: number, f: number, a: number, b: number, n: number, p: number]
  ): void;
  addMultiples(
    ...args: [...Multiples, ...[unit: number, unitRatio: number, high: number, highRatio: number, p: number]]
  ): void;
  convert(to: number, from: number, n: number, q: number, p: number, lift: boolean): void;
  divideStep(
    ...args: [to: number, a: number, b: number, plus: number, n: number, w: number, ratio: number, p: number]
  ): void;
}

/** Exports of `assembly/integers.ts`, whose docstrings give formulas and bounds. */
export interface IntegerKernels extends PermutingKernels {
  forward(x: number, n: number, table: number, p: bigint): void;
  backward(x: number, n: number, table: number, p: bigint): void;
  add(to: number, a: number, b: number, n: number, p: bigint): void;
  subtract(to: number, a: number, b: number, n: number, p: bigint): void;
  addPermuted(to: number, a: number, places: number, n: number, p: bigint): void;
  multiplyConstant(to: number, a: number, n: number, w: bigint, quotient: bigint, p: bigint): void;
  sumOfProducts(
    to: number,
    as: number,
    bs: number,
    count: number,
    n: number,
    p: bigint,
    negated: bigint,
  ): void;
  sumOfProductPairs(
    ...args: [...[to0: number, to1: number, fs: number, as: number, bs: number], ...Sums]
  ): void;
  addProductPair(
    ...args: [...[to0: number, to1: number, f: number, a: number, b: number, n: number], bigint, bigint]
  ): void;
  addMultiples(
    ...args: [
      ...Multiples,
      ...[unit: bigint, unitQuotient: bigint, high: bigint, highQuotient: bigint, p: bigint, inverse: bigint],
    ]
  ): void;
  convert(to: number, from: number, n: number, q: bigint, p: bigint, inverse: bigint, lift: boolean): void;
  convertDoubles(
    to: number,
    from: number,
    n: number,
    q: number,
    p: bigint,
    inverse: bigint,
    lift: boolean,
  ): void;
  convertToDoubles(
    ...args: [to: number, from: number, n: number, q: bigint, p: bigint, inverse: bigint, lift: boolean]
  ): void;
  divideStep(
    ...args: [
      to: number,
      a: number,
      b: number,
      plus: number,
      n: number,
      w: bigint,
      quotient: bigint,
      p: bigint,
    ]
  ): void;
}

type Sums = [count: number, n: number, p: bigint, negated: bigint];

export interface Kernels {
  readonly integers: IntegerKernels;
  /** None where there is no fused multiplication and addition: on doubles everything rests on it. */
  readonly doubles?: DoubleKernels;
}

/**
 * Loads the kernels into a memory.
 *
 * @param isShared whether threads share the memory
 * @throws InputError if they are not where they belong
 */
export async function loadKernels(memory: WasmMemory, isShared = false): Promise<Kernels> {
  const file = (name: string) => `${name}${isShared ? "-shared" : ""}.wasm`;
  const integers = (await instance(file("integers"), memory)) as IntegerKernels;
  // WebAssembly without relaxed SIMD refuses to compile these.
  const module = await compiledWasm(urlOf(file("doubles"))).catch(() => undefined);
  if (!module) return { integers };
  const doubles = (await instance(file("doubles"), memory)) as DoubleKernels;
  return doubles.isFused(2 ** -30) ? { integers, doubles } : { integers };
}

async function instance(file: string, memory: WasmMemory): Promise<object> {
  const abort = () => {
    throw new Error(`kernels: a bound does not hold in ${file}`);
  };
  const { exports } = await WebAssembly.instantiate(await compiledWasm(urlOf(file)), {
    env: { memory, abort },
  });
  return exports;
}

const urlOf = (file: string) => new URL(file, import.meta.url).href;
