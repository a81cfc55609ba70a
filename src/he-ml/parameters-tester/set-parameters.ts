import { checkBfvParameters } from "../crypto/bfv/parameters.js";
import { checkParameters } from "../crypto/parameters.js";
import type { SchemeParameters } from "../crypto/scheme-parameters.js";
import type { ParameterSet } from "./parameter-set.js";
import type { TestedParameters } from "./test-report.js";

/**
 * The set's parameters, checked by its scheme.
 *
 * @throws InputError if no context takes them: below the security asked for, or no such primes
 */
export function setParameters({ scheme, spec }: ParameterSet): SchemeParameters {
  return scheme === "bfv" ? checkBfvParameters(spec) : checkParameters(spec);
}

/** The exact parameters in the report's words. */
export function testedParameters(
  parameters: SchemeParameters,
  { packing }: ParameterSet,
  reencryptPositions: readonly number[],
): TestedParameters {
  const { scheme, polyModulusDegree, coeffModulusBits, security, securityTable } = parameters;
  return {
    scheme,
    poly_modulus_degree: polyModulusDegree,
    coeff_modulus_bits: coeffModulusBits,
    packing,
    sec: security,
    ...(securityTable && { security_table: securityTable }),
    ...encodingOf(parameters),
    reencrypt_positions: reencryptPositions,
  };
}

function encodingOf(parameters: SchemeParameters) {
  const plain = parameters.scheme === "bfv" ? { plain_modulus: parameters.plainModulus } : {};
  if (parameters.scheme === "bfv" && parameters.encoding === "fractional") {
    const { base, integerDigits: integer_digits, fractionDigits: fraction_digits } = parameters;
    return { ...plain, base, integer_digits, fraction_digits };
  }
  const { scaleBits: scale_bits, weightScaleBits: weight_scale_bits } = parameters;
  return { ...plain, scale_bits, weight_scale_bits };
}
