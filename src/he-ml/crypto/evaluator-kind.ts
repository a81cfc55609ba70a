import * as z from "zod";

export const evaluatorKinds = ["seal", "kernel"] as const;

/**
 * What computes on real ciphertexts.
 *
 * - `seal`: SEAL's evaluator
 * - `kernel`: the library's own, in WebAssembly: rotations of one ciphertext share work, and primes of up to 50 bits are fastest
 */
export type EvaluatorKind = (typeof evaluatorKinds)[number];

/** Of the type that we name, as zod's name for it could not be written down where zod is not at hand. */
export const evaluatorKindSchema: z.ZodType<EvaluatorKind> = z.enum(evaluatorKinds);

/** What computes in a trace: one of these, or the clear twin, which encrypts nothing. */
export const tracedEvaluatorSchema: z.ZodType<TracedEvaluator> = z.enum([...evaluatorKinds, "clear"]);

export type TracedEvaluator = EvaluatorKind | "clear";

/** What is planned for where nobody says. */
export const defaultEvaluator: EvaluatorKind = "kernel";

/**
 * Bits of primes that the kernel evaluator works with in one way, and how long that takes beside the first: doubles with room
 * for sums of several residues, doubles with room for two, and integers of 64 bits (rotations at N = 8192 with one data prime,
 * in one run on one core: 0.24, 0.35 and 1.26 ms).
 */
export const kernelPrimes = [
  { mostBits: 50, factor: 1 },
  { mostBits: 52, factor: 1.5 },
  { mostBits: 60, factor: 5.25 },
] as const;
