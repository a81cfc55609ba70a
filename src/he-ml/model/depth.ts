import { definitionOf } from "./layers.js";
import type { Network } from "./model.js";
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
  const depths = network.layers.map((layer) => definitionOf(layer).depth?.(layer));
  const sum = (of: "ciphertext" | "total") => depths.reduce((all, depth) => all + (depth?.[of] ?? 0), 0);
  return { ciphertext: sum("ciphertext"), total: sum("total") };
}
