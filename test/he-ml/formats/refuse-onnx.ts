import { expect } from "@jest/globals";
import { InputError } from "../../../src/he-ml/errors.js";
import { readOnnx } from "../../../src/he-ml/formats/onnx/read.js";
import { floats, randomTensor } from "./onnx-support.js";

/** What reading throws; the test fails if it throws nothing or something else than an InputError of one line. */
export function refusal(bytes: Uint8Array): InputError {
  try {
    readOnnx(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).message).toMatch(/^.+$/);
    return error as InputError;
  }
  throw new Error("expected readOnnx to throw");
}

export const conv = floats("w", randomTensor([4, 2, 3, 3], 1));
