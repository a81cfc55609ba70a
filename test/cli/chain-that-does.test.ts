import { expect, test } from "@jest/globals";
import { onChainThatDoes } from "../../src/cli/chain-that-does.js";
import { checkParameters } from "../../src/he-ml/crypto/parameters.js";
import { ChainTooShortError } from "../../src/he-ml/layers/rescaling.js";

const chain = (...coeffModulusBits: number[]) =>
  checkParameters({ polyModulusDegree: 16384, coeffModulusBits, scaleBits: 40 });
const chains = [chain(60, 40, 60), chain(60, 40, 40, 60), chain(60, 40, 40, 40, 60)];

/** Fails until it has the chain that it wants, naming the next longer one. */
async function run(wanted: number, parameters?: string) {
  const warnings: string[] = [];
  const result = onChainThatDoes(
    { parameters },
    (text) => warnings.push(text),
    (longer) => {
      const at = longer ? chains.indexOf(longer) : -1;
      return at >= wanted
        ? Promise.resolve(at)
        : Promise.reject(new ChainTooShortError("too short", chains[at + 1]));
    },
  );
  return { result: await result.catch((error: unknown) => error), warnings };
}

test("a longer chain is taken, and said, as often as it takes, but not forever", async () => {
  expect(await run(-1)).toEqual({ result: -1, warnings: [] });
  expect(await run(1)).toEqual({
    result: 1,
    warnings: [
      "too short; taken: N = 16384, primes [60, 40 | 60], 128-bit security",
      "too short; taken: N = 16384, primes [60, 40, 40 | 60], 128-bit security",
    ],
  });
  expect((await run(2)).result).toBeInstanceOf(ChainTooShortError);
});

test("what the user gives is not replaced, and other errors stay", async () => {
  expect(await run(0, "given.json")).toEqual({ result: expect.any(ChainTooShortError), warnings: [] });
  const none = onChainThatDoes(
    {},
    () => undefined,
    () => Promise.reject(new ChainTooShortError("hopeless")),
  );
  await expect(none).rejects.toThrow("hopeless");
});
