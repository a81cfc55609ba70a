import type { Ciphertext, Evaluator } from "he-ml";
import { plainFactor, rotationOf, type BenchOperation } from "./operations.js";

/**
 * One operation of the bench, on any evaluator.
 *
 * @returns something new that the caller owns
 * @throws InputError that says why it cannot be done
 */
export function apply(
  he: Evaluator,
  operation: BenchOperation,
  x: Ciphertext,
  fresh: Ciphertext,
): Ciphertext {
  switch (operation) {
    case "a":
      return he.add(x, fresh);
    case "m":
      return he.multiply(x, fresh);
    case "q":
      return he.square(x);
    case "h": {
      const plain = he.encodeScalar(plainFactor, {
        level: x.level,
        scale: 2 ** he.parameters.weightScaleBits,
      });
      try {
        return he.multiplyPlain(x, plain);
      } finally {
        plain[Symbol.dispose]();
      }
    }
    case "l":
      return he.relinearize(x);
    case "r":
      return he.rescaleToNext(x);
    case "d":
      return he.modSwitchTo(x, x.level - 1);
    case "t":
    case "T":
      return he.rotate(x, rotationOf(operation));
  }
}
