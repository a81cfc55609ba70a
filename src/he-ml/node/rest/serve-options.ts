import { createSecureContext } from "node:tls";
import * as z from "zod";
import { InputError } from "../../errors.js";
import type { LogSink } from "../../rest/log.js";

/** Long enough that none is guessed, and what a header may hold. */
export const tokenSchema = z
  .string()
  .regex(/^[\x21-\x7e]{16,1024}$/, "expected 16 to 1024 printable characters without spaces");

const isOrigin = (text: string) => /^https?:/.test(text) && URL.parse(text)?.origin === text;

const optionsSchema = z.strictObject({
  host: z.string().min(1).default("127.0.0.1"),
  port: z.int().min(0).max(65_535).default(0),
  config: z.unknown().default({}),
  tokens: z.array(tokenSchema).min(1).optional(),
  tls: z.strictObject({ cert: z.string(), key: z.string() }).optional(),
  cors: z
    .array(z.string().refine(isOrigin, { error: "expected an origin, as https://example.org" }))
    .min(1)
    .optional(),
  processes: z.int().min(1).max(256).optional(),
  redis: z.string().min(1).optional(),
  log: z
    .custom<LogSink>((log) => typeof (log as Partial<LogSink>).write === "function", {
      error: "expected a stream to write to",
    })
    .optional(),
});

/** @throws InputError naming the field that is unknown or out of range */
export function checkServeOptions(options: unknown) {
  const parsed = optionsSchema.safeParse(options);
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues;
    throw new InputError(`serve: options: ${path.join(".") || "the whole"}: ${message}`);
  }
  const { tls, processes, redis } = parsed.data;
  if (redis !== undefined && processes !== undefined) {
    throw new InputError(
      "serve: options: processes: expected none beside redis, whose workers compute; give them to he-ml worker",
    );
  }
  try {
    if (tls) createSecureContext(tls);
  } catch (error) {
    throw new InputError(
      `serve: options: tls: certificate and key cannot be used (${(error as Error).message}); give a chain and its key as PEM`,
    );
  }
  return parsed.data;
}
