// The kernels on doubles, for primes below 2^50.
export { isFused } from "./double-arithmetic";
export { forward, backward } from "./double-transform";
export {
  add,
  addPermuted,
  addProductPair,
  convert,
  divideStep,
  fromWords,
  multiplyConstant,
  subtract,
  sumOfProductPairs,
  sumOfProducts,
  toWords,
} from "./double-pointwise";
export { addMultiples } from "./double-multiples";
export { permute } from "./permute";
