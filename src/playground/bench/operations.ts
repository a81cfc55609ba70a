/** What can be done to a ciphertext at the bench. `fresh` is the encryption that it began as. */
export const operations = {
  a: { name: "add", title: "add the fresh one", says: "x + fresh" },
  m: { name: "multiply", title: "multiply by the fresh one", says: "x · fresh" },
  q: { name: "square", title: "square", says: "x²" },
  h: { name: "multiplyPlain", title: "multiply by plain ½", says: "½ · x" },
  l: { name: "relinearize", title: "relinearize", says: "3 polynomials → 2" },
  r: { name: "rescale", title: "rescale", says: "÷ last prime" },
  d: { name: "modSwitch", title: "drop a prime", says: "level − 1" },
  t: { name: "rotate", title: "rotate by 1", says: "slots ← 1" },
  T: { name: "rotate", title: "rotate by 8", says: "slots ← 8" },
} as const;

/** As a link writes it. */
export type OperationLetter = keyof typeof operations;
export type BenchOperation = OperationLetter;

export const isOperation = (letter: string): letter is OperationLetter => Object.hasOwn(operations, letter);

/** Slots that the rotations move by; the bench's keys are made for these. */
export const rotationOf = (letter: OperationLetter): number => (letter === "T" ? 8 : 1);
export const benchRotations = [rotationOf("t"), rotationOf("T")];

/** What a product with plain numbers multiplies by. */
export const plainFactor = 0.5;

/** Values that the bench takes, and shows of all slots. */
export const shownSlots = 64;

/** Slots of the toy ring in which coefficients are shown: the toy CKKS is for rings to N = 1024. */
export const coefficientSlots = 512;

/** Longest list of operations that a link may hold. */
export const mostOperations = 24;
