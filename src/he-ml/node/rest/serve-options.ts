import * as z from "zod";
import { InputError } from "../../errors.js";

/** Long enough that none is guessed, and what a header may hold. */
export const tokenSchema = z
  .string()
  .regex(/^[\x21-\x7e]{16,1024}$/, "expected 16 to 1024 printable characters without spaces");

const optionsSchema = z.strictObject({
  host: z.string().min(1).optional(),
  port: z.int().min(0).max(65_535).optional(),
  config: z.unknown().optional(),
  tokens: z.array(tokenSchema).min(1).optional(),
  tls: z.strictObject({ cert: z.string(), key: z.string() }).optional(),
  cors: z.array(z.string().min(1)).min(1).optional(),
  processes: z.int().min(1).max(256).optional(),
  log: z.unknown().optional(),
});

/** @throws InputError naming the field that is unknown or out of range */
export function checkServeOptions(options: unknown): void {
  const parsed = optionsSchema.safeParse(options);
  if (parsed.success) return;
  const [{ path, message }] = parsed.error.issues;
  throw new InputError(`serve: options: ${path.join(".") || "the whole"}: ${message}`);
}
