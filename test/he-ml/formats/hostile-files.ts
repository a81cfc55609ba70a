import { expect } from "@jest/globals";
import { InputError } from "../../../src/he-ml/errors.js";
import { readOnnx } from "../../../src/he-ml/formats/onnx/read.js";
import { thrownBy } from "../support.js";

/** The one line that reading is refused with. */
export function refusal(read: () => unknown): string {
  const error = thrownBy(read);
  expect(error).toBeInstanceOf(InputError);
  expect((error as InputError).message).toMatch(/^.{1,2000}$/);
  return (error as InputError).message;
}
export const refusalOf = (bytes: Uint8Array) => refusal(() => readOnnx(bytes));

/** A protobuf field with content of any length. */
export function field(number: number, content: Uint8Array): Uint8Array {
  const length: number[] = [];
  for (let rest = content.length; ; rest = Math.floor(rest / 128)) {
    length.push((rest % 128) + (rest >= 128 ? 128 : 0));
    if (rest < 128) break;
  }
  const result = new Uint8Array(1 + length.length + content.length);
  result.set([(number << 3) | 2, ...length]);
  result.set(content, 1 + length.length);
  return result;
}
