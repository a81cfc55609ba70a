import { toBase64 } from "../crypto/base64.js";
import { InputError } from "../errors.js";
import { sizeOf, type Shape } from "../tensor/tensor.js";
import type { ComputeRequest } from "./compute-message.js";

/** No text that JSON is read from can be longer in V8, and so no server can read more. */
const mostBytes = 2 ** 29 - 1024;

/**
 * The body of a `POST /compute`, written piece by piece: as one text of JSON it would be held several times over.
 *
 * @param shape of the nested lists that the ciphertexts stand in, row by row
 * @throws InputError if there is more than any server can read
 */
export function computeBody(
  request: Omit<ComputeRequest, "data">,
  ciphertexts: readonly Uint8Array[],
  shape: Shape,
): Uint8Array {
  const rest = JSON.stringify(request);
  const head = new TextEncoder().encode(`${rest.slice(0, -1)},"data":`);
  const texts = ciphertexts.reduce((sum, { length }) => sum + 4 * Math.ceil(length / 3) + 2, 0);
  const lists = shape.map((_, depth) => sizeOf(shape.slice(0, depth)));
  // Each list has two brackets, and a comma less than it has entries.
  const marks = lists.reduce((sum, count, depth) => sum + count * (2 + shape[depth] - 1), 0);
  const length = head.length + texts + marks + 1;
  if (length > mostBytes) {
    throw new InputError(
      `compute: one value a ciphertext, these would be ${Math.round(length / 2 ** 20)} MiB of JSON, more than can be read; send fewer ` +
        `images, or take parameters with a smaller degree or fewer primes`,
    );
  }
  const body = new Uint8Array(length);
  body.set(head);
  let at = head.length;
  const write = (text: string) => void (at += new TextEncoder().encodeInto(text, body.subarray(at)).written);
  const sizes = shape.map((_, depth) => sizeOf(shape.slice(depth)));
  ciphertexts.forEach((bytes, index) => {
    const opened = sizes.filter((size) => index % size === 0).length;
    write(`${index > 0 ? "," : ""}${"[".repeat(opened)}"`);
    write(toBase64(bytes));
    write(`"${"]".repeat(sizes.filter((size) => (index + 1) % size === 0).length)}`);
  });
  write("}");
  return body;
}
