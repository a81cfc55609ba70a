// The kernels on 64-bit integers, for primes below 2^60, and what leads from one kind of residues to the other.
export { forward, backward } from "./integer-transform";
export {
  add,
  addPermuted,
  addProductPair,
  convert,
  convertDoubles,
  convertToDoubles,
  divideStep,
  multiplyConstant,
  subtract,
  sumOfProductPairs,
  sumOfProducts,
} from "./integer-pointwise";
export { addMultiples } from "./integer-multiples";
export { permute } from "./permute";
