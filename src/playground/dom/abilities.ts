const moduleOf = (body: readonly number[]): Uint8Array<ArrayBuffer> =>
  Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    // One type, () → (), and one function of it.
    ...[1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0],
    ...[10, body.length + 2, 1, body.length, ...body],
  ]);

const isValid = (body: readonly number[]): boolean =>
  typeof WebAssembly === "object" && WebAssembly.validate(moduleOf(body));

/** What a browser must know for the ciphertexts to be computed in it. */
export interface Abilities {
  /** WebAssembly's final exceptions (`try_table`), which SEAL is compiled with. */
  readonly hasExceptions: boolean;
  /** Relaxed SIMD with fused multiply-add, for the evaluator of our own. */
  readonly hasRelaxedSimd: boolean;
}

/** Tried by modules of one function that does nothing. */
export function abilities(): Abilities {
  return {
    // try_table without catches, end, end
    hasExceptions: isValid([0, 0x1f, 0x40, 0, 0x0b, 0x0b]),
    // A local of v128; f64x2.relaxed_madd of it three times; drop, end
    hasRelaxedSimd: isValid([1, 1, 0x7b, 0x20, 0, 0x20, 0, 0x20, 0, 0xfd, 0x87, 2, 0x1a, 0x0b]),
  };
}

/** What to tell where something is missing; undefined where nothing is. */
export function missingAbility({ hasExceptions, hasRelaxedSimd }: Abilities): string | undefined {
  if (!hasExceptions) {
    return "This browser does not know WebAssembly's exceptions, so nothing can be encrypted in it, by the playground or a live notebook: read the lessons here, or come back with a newer Chromium, Firefox or Safari.";
  }
  if (!hasRelaxedSimd) {
    return "This browser does not know WebAssembly's relaxed SIMD: SEAL computes in place of the evaluator of our own, several times slower, with the same results.";
  }
  return undefined;
}
