import { beforeAll, describe, expect, test } from "@jest/globals";
import { PublicContext } from "../../../src/he-ml/crypto/public-context.js";
import { SecretContext } from "../../../src/he-ml/crypto/secret-context.js";
import { InputError } from "../../../src/he-ml/errors.js";
import { tensor } from "../../../src/he-ml/tensor/tensor.js";
import { lazyParameters, thrownBy } from "../support.js";

const at = { level: 3, scale: 2 ** 16 };
let alice: SecretContext;
let bob: SecretContext;
let context: PublicContext;
beforeAll(async () => {
  alice = await SecretContext.create(lazyParameters);
  bob = await SecretContext.create(lazyParameters);
  context = await PublicContext.open(lazyParameters);
});

describe("one context for several clients", () => {
  test("a plaintext that was encoded once is good for each, and each gets an answer of its own", () => {
    using weight = context.evaluator.encode(Float64Array.of(3, -2), at);
    for (const [client, values] of [
      [alice, [0.5, 0.25]],
      [bob, [-1, 0.125]],
    ] as const) {
      using own = context.withKeys(client.exportEvaluationKeys());
      using input = own.load(client.encrypt(tensor([2, 1], values), { packing: "batch" }));
      using product = own.evaluator.multiplyPlain(input.ciphertexts[0], weight);
      const answer = client.decrypt({
        shape: [1],
        packing: "batch",
        images: 2,
        ciphertexts: [own.evaluator.save(product)],
      });
      expect(answer.data[0]).toBeCloseTo(3 * values[0], 2);
      expect(answer.data[1]).toBeCloseTo(-2 * values[1], 2);
    }
  });

  test("ciphertexts of one are refused by the others", () => {
    using forAlice = context.withKeys(alice.exportEvaluationKeys());
    using forBob = context.withKeys(bob.exportEvaluationKeys());
    using a = forAlice.evaluator.encryptZero(at);
    expect(thrownBy(() => forBob.evaluator.square(a))).toBeInstanceOf(InputError);
  });

  test("counts of operations are each one's own", () => {
    using forAlice = context.withKeys(alice.exportEvaluationKeys());
    using forBob = context.withKeys(bob.exportEvaluationKeys());
    using a = forAlice.evaluator.encryptZero(at);
    forAlice.evaluator.square(a)[Symbol.dispose]();
    expect(forAlice.evaluator.operations.square).toBe(1);
    expect(forBob.evaluator.operations.square).toBe(0);
  });

  test("what needs a key says which", () => {
    const message = (work: () => unknown) => String(thrownBy(work));
    expect(message(() => context.evaluator.encryptZero(at))).toMatch(/no public key/);
    using own = context.withKeys(alice.exportEvaluationKeys([], { relinearization: false }));
    using a = own.evaluator.encryptZero({ level: 3, scale: 2 ** 20 });
    using squared = own.evaluator.square(a);
    expect(message(() => own.evaluator.relinearize(squared))).toMatch(
      /no relinearization keys; export .* \{ relinearization: true \}/,
    );
    expect(message(() => own.evaluator.rotate(a, 1))).toMatch(/no key for step 1/);
  });

  test("rotations by many steps at once are those by one after the other", () => {
    const needs = [1, 2, 7].map((step) => ({ step, level: 3 }));
    using own = context.withKeys(alice.exportEvaluationKeys(needs));
    using a = own.evaluator.encryptZero(at);
    const before = own.evaluator.operations.rotate;
    const many = own.evaluator.rotateMany(a, [1, 2, 7]);
    expect(own.evaluator.operations.rotate - before).toBe(3);
    many.forEach((rotated, i) => {
      using single = own.evaluator.rotate(a, [1, 2, 7][i]);
      expect(Buffer.from(own.evaluator.save(rotated)).equals(Buffer.from(own.evaluator.save(single)))).toBe(
        true,
      );
      rotated[Symbol.dispose]();
    });
  });
});
