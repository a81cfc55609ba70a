import { expect, test } from "@jest/globals";
import { chooseParameters } from "../../../../src/notebook/exercises/lesson-08/choose-parameters.js";
import { attempt } from "../attempts.js";
import { chosen } from "./choose-parameters.js";

test.each([0, 1, 2])(
  "the solution passes on real ciphertexts (%d)",
  async (seed) => {
    const verdict = await attempt(chooseParameters, (needs) => chosen(needs), seed);
    expect(verdict).toEqual({
      passed: true,
      says: expect.stringMatching(/^3 circuits on real ciphertexts, with errors of \S+, \S+, \S+$/),
    });
  },
  60_000,
);

test("two bits more of scale pass, too", async () => {
  const generous = await attempt(chooseParameters, (needs) =>
    chosen(needs, { scaleBits: (bits) => bits + 2 }),
  );
  expect(generous).toMatchObject({ passed: true });
}, 60_000);
