import { expect, test } from "@jest/globals";
import { computeBody } from "../../../src/he-ml/network/compute-body.js";
import { nest } from "../../../src/he-ml/network/nested-base64.js";

test("a body written piece by piece is the JSON that it should be", () => {
  const ciphertexts = Array.from({ length: 12 }, (_, i) => new Uint8Array(i % 2 === 0 ? 4 : 6).fill(i));
  const request = { encryption_parameters: [{ m: 4096, p: 1032193 }], net: "tiny" };
  for (const shape of [[12], [1, 12], [2, 1, 6], [3, 2, 2], [1, 2, 2, 3]]) {
    const body = JSON.parse(
      new TextDecoder("utf-8", { fatal: true }).decode(computeBody(request, ciphertexts, shape)),
    ) as unknown;
    const texts = ciphertexts.map((bytes) => Buffer.from(bytes).toString("base64"));
    expect(body).toEqual({ ...request, data: nest(texts, shape) });
  }
});

test("more than a server can read as JSON is refused before it is written", () => {
  const large = new Uint8Array(2 ** 20);
  const ciphertexts = new Array<Uint8Array>(400).fill(large);
  const request = { encryption_parameters: [{}], net: "tiny" };
  expect(() => computeBody(request, ciphertexts, [1, 400])).toThrow(
    /these would be 533 MiB of JSON.*send fewer images/,
  );
});
