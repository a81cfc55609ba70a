import { describe, expect, test } from "@jest/globals";
import { PublicContext } from "../../../src/he-ml/crypto/public-context.js";
import { SecretContext } from "../../../src/he-ml/crypto/secret-context.js";
import { maxAbsDifference, rejectedBy } from "../support.js";
import { parameters, tolerance, images, expectInputError, ours, side } from "./contexts.js";

describe("the secret key", () => {
  test("is taken up from a Node Buffer, which files and sockets give, and so are ciphertexts", async () => {
    const owner = await SecretContext.create(parameters);
    const sent = owner.encrypt(images, { packing: "batch" });
    const again = await SecretContext.fromSecretKey(parameters, Buffer.from(owner.exportSecretKey()));
    const fromBuffers = sent.ciphertexts.map((bytes) => Buffer.from(bytes));
    expect(again.decrypt({ ...sent, ciphertexts: fromBuffers })).toEqual(owner.decrypt(sent));
  });

  test("exported and taken up again decrypts what was encrypted before, and its new public keys work", async () => {
    const again = await SecretContext.fromSecretKey(parameters, side.client.exportSecretKey());
    expect(maxAbsDifference(again.decrypt(ours).data, images.data)).toBeLessThan(tolerance);
    expect(again.exportSecretKey()).toEqual(side.client.exportSecretKey());

    const keys = again.exportEvaluationKeys();
    expect(keys.publicKey).not.toEqual(side.client.exportEvaluationKeys().publicKey);
    const server = await PublicContext.load(parameters, keys);
    using loaded = server.load(ours);
    const [first] = loaded.ciphertexts;
    const product = server.evaluator.relinearize(server.evaluator.square(first));
    const [decrypted] = side.client.decrypt({
      shape: [1],
      packing: "batch",
      images: 1,
      ciphertexts: [server.evaluator.save(product)],
    }).data;
    expect(decrypted).toBeCloseTo(images.data[0] ** 2, 1);
  });

  test("is not what any exported evaluation key loads as", async () => {
    const keys = side.client.exportEvaluationKeys();
    expect(Object.keys(keys).sort()).toEqual(["publicKey", "relinKeys"]);
    for (const bytes of Object.values(keys) as Uint8Array[]) {
      expectInputError(await rejectedBy(() => SecretContext.fromSecretKey(parameters, bytes)));
    }
  });

  test("is not contained in what the client sends: neither keys nor ciphertexts", () => {
    const { publicKey, relinKeys } = side.client.exportEvaluationKeys();
    const secret = side.client.exportSecretKey();
    const sixteen = Buffer.from(secret.subarray(secret.length - 16));
    expect(Buffer.from(secret).includes(sixteen)).toBe(true);
    for (const sent of [publicKey, relinKeys, ...ours.ciphertexts]) {
      expect(Buffer.from(sent).includes(sixteen)).toBe(false);
    }
  });

  test("nothing reachable from a PublicContext is named after secrets or decryption", () => {
    const suspicious = /secret|decrypt/i;
    const names = reachableNames(side.server);
    expect(names).toContain("evaluator");
    expect(names).toContain("multiplyPlainAddInplace");
    expect(names).toContain("parameters");
    expect(names.filter((name) => suspicious.test(name))).toEqual([]);
    expect(
      reachableNames(side.client.exportEvaluationKeys()).filter((name) => suspicious.test(name)),
    ).toEqual([]);
    // The same walk finds them where they are.
    expect(reachableNames(side.client).filter((name) => suspicious.test(name))).toEqual(
      expect.arrayContaining(["decrypt", "exportSecretKey"]),
    );
  });
});

/** Names of all fields and methods, own and inherited, of an object and of all that its fields lead to. */
function reachableNames(start: object): string[] {
  const names = new Set<string>();
  const seen = new Set<object>();
  const visit = (value: object): void => {
    if (seen.has(value) || ArrayBuffer.isView(value)) return;
    seen.add(value);
    for (
      let level: object | null = value;
      level && level !== Object.prototype;
      level = Object.getPrototypeOf(level)
    ) {
      for (const [name, { value: field }] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
        names.add(name);
        if (typeof field === "object" && field !== null) visit(field as object);
      }
    }
  };
  visit(start);
  return [...names];
}
