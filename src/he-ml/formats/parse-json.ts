import { InputError } from "../errors.js";

/**
 * What a JSON text holds.
 *
 * @param what names it in messages: what is done, and with which file
 * @throws InputError if it is not JSON, also where it has the NaN and Infinity that Python's `json` writes
 */
export function parseJson(what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const literal = /[[,:]\s*-?(NaN|Infinity)\b/.exec(text)?.[1];
    throw new InputError(
      literal
        ? `${what} holds ${literal}; every value must be a finite number`
        : `${what} is not JSON: ${(error as Error).message}`,
    );
  }
}
