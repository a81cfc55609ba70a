import type { CkksParameters } from "../crypto/parameters.js";
import { checkParameters } from "../crypto/parameters.js";
import { mostModulusBits, maxCoeffModulusBits, type AskedSecurity } from "../crypto/security-tables.js";
import { InputError } from "../errors.js";
import type { Model } from "../model/model.js";
import type { ValueRange } from "../model/value-range.js";
import { layerStates } from "../program/chain.js";

/** Scales of a layer-by-layer run, as log2. */
export interface LayeredScales {
  readonly scaleBits: number;
  readonly weightScaleBits: number;
}

/** A prime that a square is divided by has so many bits at least; there are such primes for every degree. */
const leastPrimeBits = 24;
/** Bits to spare above the largest value, for its sign and for what the ranges have not seen. */
const spareBits = 2;
/** The least degree that is worth trying: below, no chain has a prime to divide by. */
const leastDegree = 4096;

/**
 * The shortest chain for these scales, layer by layer: behind each square as many bits are divided by as bring the scale down
 * to the input's again, by as few primes as can be, and the base holds what is left at the end.
 *
 * A network of convolution, square and linear layer, inputs at 20 bits and weights at 16: 20 + 16 = 36 bits, squared 72, so the
 * square's prime has 52; then 20 + 16 = 36 bits behind the linear layer, and with 10 bits for values up to 1000 and 2 to
 * spare the base has 48: `[48, 52 | 52]`.
 *
 * @param mostBits of a prime
 * @returns the parameters at the smallest degree that holds them; undefined where no chain does, or the network has layers whose
 *   scales are not known so easily (polynomials of higher degree)
 */
export function layeredChain(
  model: Model,
  valueRanges: readonly ValueRange[],
  scales: LayeredScales,
  security: AskedSecurity,
  mostBits: number,
): CkksParameters | undefined {
  const dataBits = dataPrimes(model, valueRanges, scales, mostBits);
  if (!dataBits) return undefined;
  const coeffModulusBits = [...dataBits, Math.max(...dataBits)];
  const total = coeffModulusBits.reduce((sum, bits) => sum + bits, 0);
  const degrees = Object.keys(maxCoeffModulusBits).map(Number);
  for (const polyModulusDegree of degrees) {
    const ring = { polyModulusDegree, ...security };
    if (polyModulusDegree < leastDegree || mostModulusBits(ring) < total) continue;
    try {
      const parameters = checkParameters({ ...ring, coeffModulusBits, ...scales });
      layerStates({ model, parameters, layers: [...model.layers.keys()] }, { valueRanges });
      return parameters;
    } catch (error) {
      // Too few primes of a size at this degree, or values need more room than their ranges said.
      if (!(error instanceof InputError)) throw error;
    }
  }
  return undefined;
}

/** The base first; undefined where a layer is none of those whose scales are simple. */
function dataPrimes(
  { layers }: Model,
  valueRanges: readonly ValueRange[],
  { scaleBits, weightScaleBits }: LayeredScales,
  mostBits: number,
): number[] | undefined {
  let bits = scaleBits;
  let base = 0;
  const primes: number[] = [];
  for (const layer of layers) {
    if (layer.kind === "square") {
      bits *= 2;
      const down = Math.floor(bits - scaleBits);
      const count = Math.ceil(down / mostBits);
      if (down < leastPrimeBits * count) return undefined;
      primes.push(...Array.from({ length: count }, (_, i) => Math.floor((down + i) / count)));
      bits -= down;
      base = 0;
    } else if ("weights" in layer) {
      bits += weightScaleBits;
    } else if (layer.kind === "averagePool") {
      bits += Math.log2(layer.kernelSize[0] * layer.kernelSize[1]);
    } else if (layer.kind === "polynomial") {
      return undefined;
    }
    base = Math.max(base, bits + magnitudeBits(layer.name, valueRanges) + spareBits);
  }
  const whole = Math.max(leastPrimeBits, Math.ceil(base));
  const bases = Math.ceil(whole / mostBits);
  return [
    ...Array.from({ length: bases }, (_, i) => Math.floor((whole + i) / bases)),
    ...primes.toReversed(),
  ];
}

function magnitudeBits(name: string, valueRanges: readonly ValueRange[]): number {
  const range = valueRanges.find((each) => each.name === name);
  return range ? Math.log2(Math.max(1, Math.abs(range.min), Math.abs(range.max))) : 0;
}
