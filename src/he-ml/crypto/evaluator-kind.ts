import * as z from "zod";

export const evaluatorKinds = ["seal", "kernel"] as const;

/**
 * What computes on real ciphertexts.
 *
 * - `seal`: SEAL's evaluator
 * - `kernel`: the library's own, in WebAssembly: rotations of one ciphertext share work, and primes of up to 50 bits are fast
 */
export type EvaluatorKind = (typeof evaluatorKinds)[number];

/** Of the type that we name, as zod's name for it could not be written down where zod is not at hand. */
export const evaluatorKindSchema: z.ZodType<EvaluatorKind> = z.enum(evaluatorKinds);

/** What computes in a trace: one of these, or the clear twin, which encrypts nothing. */
export const tracedEvaluatorSchema: z.ZodType<TracedEvaluator> = z.enum([...evaluatorKinds, "clear"]);

export type TracedEvaluator = EvaluatorKind | "clear";

/** What is planned for where nobody says. */
export const defaultEvaluator: EvaluatorKind = "seal";

/**
 * Most bits of a prime that the kernel evaluator computes with in doubles, whose products it reduces exactly below 2^50;
 * larger primes take integers of 64 bits, and several times as long.
 */
export const mostFastPrimeBits = 50;
