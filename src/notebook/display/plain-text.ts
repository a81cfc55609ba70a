import { inspect } from "#inspect";

/** A value as `console.log` prints it. */
export const plainText = (value: unknown): string => (typeof value === "string" ? value : inspect(value));
