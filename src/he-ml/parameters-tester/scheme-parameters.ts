import { checkParameters, type CkksParameters } from "../crypto/parameters.js";
import { InputError } from "../errors.js";
import type { ParameterSet } from "./parameter-set.js";
import type { TestedParameters } from "./test-report.js";

export type SchemeParameters = CkksParameters;

/**
 * The set's parameters, checked by its scheme.
 *
 * @throws InputError if no context takes them: below the security asked for, or no such primes
 */
export function schemeParameters({ scheme, spec }: ParameterSet): SchemeParameters {
  if (scheme === "bfv") throw new InputError("BFV: this scheme cannot be computed yet; test CKKS sets");
  return checkParameters(spec);
}

/** The exact parameters in the report's words. */
export function testedParameters(
  parameters: SchemeParameters,
  { packing }: ParameterSet,
  reencryptPositions: readonly number[],
): TestedParameters {
  const { scheme, polyModulusDegree, coeffModulusBits, security, securityTable } = parameters;
  const { scaleBits, weightScaleBits } = parameters;
  return {
    scheme,
    poly_modulus_degree: polyModulusDegree,
    coeff_modulus_bits: coeffModulusBits,
    packing,
    sec: security,
    ...(securityTable && { security_table: securityTable }),
    scale_bits: scaleBits,
    weight_scale_bits: weightScaleBits,
    reencrypt_positions: reencryptPositions,
  };
}
