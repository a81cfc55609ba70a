import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { operations, type BenchOperation } from "../../src/playground/bench/operations.js";
import {
  LinkError,
  linkOf,
  modelNames,
  readLink,
  startOfDraw,
  type State,
} from "../../src/playground/state/link.js";

const image = fc.array(fc.integer({ min: 0, max: 15 }), { minLength: 784, maxLength: 784 });
/** Mostly paper, as drawings are. */
const drawing = image.map((pixels) => pixels.map((ink, i) => (i % 7 < 5 ? 0 : ink)));

const drawState: fc.Arbitrary<State> = fc.record(
  {
    page: fc.constant("draw" as const),
    model: fc.constantFrom(...modelNames),
    image: fc.oneof(
      fc.record({ digit: fc.integer({ min: 0, max: 9 }) }),
      drawing.map((drawn) => ({ drawn })),
    ),
    server: fc.constantFrom("http://localhost:8000", "https://he.example.org/models", "http://[::1]:81"),
    inside: fc.integer({ min: 0, max: 9 }),
  },
  { requiredKeys: ["page", "model"] },
);

const letters = Object.keys(operations) as BenchOperation[];
const benchState: fc.Arbitrary<State> = fc.record(
  {
    page: fc.constant("bench" as const),
    polyModulusDegree: fc.constantFrom(1024, 2048, 4096, 8192, 16384),
    coeffModulusBits: fc.array(fc.integer({ min: 14, max: 60 }), { minLength: 2, maxLength: 8 }),
    scaleBits: fc.integer({ min: 8, max: 60 }),
    isTeaching: fc.boolean(),
    values: fc.oneof(
      fc
        .array(fc.integer({ min: 0, max: 63 }), { minLength: 64, maxLength: 64 })
        .map((heights) => ({ heights })),
      fc
        .array(
          fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => value + 0),
          {
            minLength: 1,
            maxLength: 64,
          },
        )
        .map((numbers) => ({ numbers })),
    ),
    steps: fc.oneof(
      fc.constant({ isEncrypted: false, operations: [] }),
      fc
        .array(fc.constantFrom(...letters), { maxLength: 24 })
        .map((asked) => ({ isEncrypted: true, operations: asked })),
    ),
  },
  { requiredKeys: ["page", "polyModulusDegree", "coeffModulusBits", "scaleBits", "isTeaching", "values"] },
);

test("what a link was made of is what it says", () => {
  fc.assert(
    fc.property(fc.oneof(drawState, benchState), (state) => {
      expect(readLink(linkOf(state))).toEqual(state);
    }),
    { numRuns: 60 },
  );
});

test("any text is a state or is refused by a sentence", () => {
  const text = fc.oneof(
    fc.string(),
    fc.string().map((query) => `#bench?${query}`),
    fc.string().map((query) => `#draw?drawn=${query}`),
    fc
      .tuple(fc.constantFrom("n", "chain", "scale", "steps", "curve", "numbers"), fc.string())
      .map(([name, value]) => `#bench?${name}=${value}`),
  );
  fc.assert(
    fc.property(text, (hash) => {
      try {
        expect(readLink(linkOf(readLink(hash)))).toEqual(readLink(hash));
      } catch (error) {
        expect(error).toBeInstanceOf(LinkError);
        expect((error as Error).message).toMatch(/^link: .+: expected .+, got ".*"; /s);
      }
    }),
    { numRuns: 200 },
  );
});

test.each([
  ["#elsewhere", "page: expected draw or bench"],
  ["#draw?model=gpt", "model: expected lenet1 or mnist-small"],
  ["#draw?digit=10", "digit: expected a number from 0 to 9"],
  ["#draw?drawn=AAAA", "drawn: expected an image of 28 × 28 pixels"],
  ["#draw?server=javascript:alert(1)", "server: expected an address"],
  ["#draw?server=http://user:word@host/", "server: expected an address"],
  ["#draw?digit=1&digit=2", "draw: expected fields"],
  ["#draw?key=1", "draw: expected fields"],
  ["#bench?n=5000", "n: expected a power of two"],
  ["#bench?chain=40", "chain: expected 2 to 8 primes"],
  ["#bench?chain=40-61", "chain: expected a number from 14 to 60"],
  ["#bench?numbers=1,zwei", "numbers: expected up to 64 numbers"],
  ["#bench?steps=q", "steps: expected e, or c"],
  [`#draw?drawn=${"A".repeat(5000)}`, "the whole: expected at most 4000 letters"],
])("%s is refused", (hash, sentence) => {
  expect(() => readLink(hash)).toThrow(`link: ${sentence}`);
});

test("no link is the start, and a server's address is without what is behind its path", () => {
  expect(readLink("")).toEqual(startOfDraw);
  expect(readLink("#draw?server=http%3A%2F%2Flocalhost%3A8000%2F%3Fa%23b")).toMatchObject({
    server: "http://localhost:8000",
  });
});
