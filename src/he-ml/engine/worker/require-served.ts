import type { SchemeParameters } from "../../crypto/scheme-parameters.js";
import { InputError } from "../../errors.js";

/** @throws InputError unless parameters are secure, and as small as this server takes them */
export function requireServed({ security, polyModulusDegree }: SchemeParameters, mostDegree: number): void {
  if (security === "teaching") {
    throw new InputError(
      `parameters: expected at least 128-bit security, got "teaching", which promises none; leave "security" out, and take a ` +
        `chain that the degree allows`,
    );
  }
  if (polyModulusDegree <= mostDegree) return;
  throw new InputError(
    `parameters: expected a polyModulusDegree of at most ${mostDegree} on this server, got ${polyModulusDegree}; ask for fewer ` +
      `layers at once, for re-encryptions, or for a shorter chain`,
  );
}
