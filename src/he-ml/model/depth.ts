import type { Network, NetworkLayer } from "./model.js";
import { unsupportedLayers } from "./unsupported-layers.js";

/** Multiplications one after the other; null where a layer cannot be encrypted. */
export interface Depth {
  /** Of ciphertexts with ciphertexts: what needs relinearization. */
  readonly ciphertext: number | null;
  /** The same and those with weights: the most primes that rescaling after each would use up. */
  readonly total: number | null;
}

/** How many multiplications lie one after the other in a network. */
export function multiplicativeDepth(network: Pick<Network, "layers">): Depth {
  if (unsupportedLayers(network).length > 0) return { ciphertext: null, total: null };
  const sum = (depthOfLayer: (layer: NetworkLayer) => number) =>
    network.layers.reduce((total, layer) => total + depthOfLayer(layer), 0);
  return { ciphertext: sum(ciphertextDepth), total: sum(totalDepth) };
}

function ciphertextDepth(layer: NetworkLayer): number {
  if (layer.kind === "square") return 1;
  return layer.kind === "polynomial" ? Math.ceil(Math.log2(layer.coefficients.length - 1)) : 0;
}

/** An average pool divides by declaring another scale, and multiplies nothing. */
function totalDepth(layer: NetworkLayer): number {
  if (layer.kind === "convolutional" || layer.kind === "linear") return 1;
  if (layer.kind !== "polynomial") return ciphertextDepth(layer);
  // A quadratic's factor goes into the scale; otherwise the coefficients take a multiplication where d + 1 is no less.
  const degree = layer.coefficients.length - 1;
  return degree === 2 ? 1 : Math.ceil(Math.log2(degree + 1));
}
