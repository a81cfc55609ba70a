import type { BfvParameters } from "../../he-ml/crypto/bfv/parameters.js";
import { formatModulus, hasKeySwitching } from "../../he-ml/crypto/scheme-parameters.js";
import { factsGrid, type Fact, type Grid } from "./grid.js";
import { formatScale } from "./numbers.js";

/** @param security the fact that tells what the parameters promise, in both schemes alike */
export function bfvParametersGrid(parameters: BfvParameters, security: Fact): Grid {
  const { polyModulusDegree, plainModulus, slots, coeffModulusBits } = parameters;
  const total = coeffModulusBits.reduce((sum, bits) => sum + bits, 0);
  const primes = hasKeySwitching(parameters)
    ? "sizes of the primes in bits; the last is for keys only"
    : "the prime's size in bits: no room for key switching, so nothing can be relinearized";
  return factsGrid("BFV parameters", [
    ["polyModulusDegree", String(polyModulusDegree), "ring degree N: larger is safer and slower"],
    [
      "plainModulus",
      String(plainModulus),
      "p: coefficients of plaintexts, or integers in slots, are counted modulo it",
    ],
    ["slots", String(slots), slots === 1 ? "values in one ciphertext" : "values in one ciphertext, N"],
    ["coeffModulusBits", formatModulus(parameters), primes],
    ["in all", `${total} bits`, "length of the coefficient modulus: security allows only so many for each N"],
    ...encodingFacts(parameters),
    security,
  ]);
}

function encodingFacts(parameters: BfvParameters): Fact[] {
  if (parameters.encoding === "integers") {
    const { encoding, scaleBits, weightScaleBits } = parameters;
    return [
      ["encoding", encoding, "values times a scale, rounded, one a slot"],
      ["scaleBits", String(scaleBits), `inputs are multiplied by ${formatScale(scaleBits)} and rounded`],
      [
        "weightScaleBits",
        String(weightScaleBits),
        `weights are multiplied by ${formatScale(weightScaleBits)}`,
      ],
    ];
  }
  const { encoding, base, integerDigits, fractionDigits } = parameters;
  return [
    ["encoding", encoding, "a value's digits in the coefficients of a polynomial"],
    ["base", String(base), "what the digits count"],
    ["integerDigits", String(integerDigits), "at most before the point"],
    ["fractionDigits", String(fractionDigits), "at most behind the point"],
  ];
}
