import { expect, test } from "@jest/globals";
import { InputError } from "../../../src/he-ml/errors.js";
import { ModelError, naming } from "../../../src/he-ml/model/model-error.js";
import { defineModel } from "../../../src/he-ml/model/model.js";
import { squareLayer } from "../../../src/he-ml/model/square.js";
import { UnsupportedLayersError } from "../../../src/he-ml/model/unsupported-layers.js";
import { thrownBy } from "../support.js";

test("an error gets its model's name once, whatever its message begins with", () => {
  const error = new InputError("model and weights do not fit together");
  const named = naming("net", error) as ModelError;
  expect(named).toBeInstanceOf(ModelError);
  expect(named).toMatchObject({
    message: 'model "net": model and weights do not fit together',
    cause: error,
  });
  expect(naming("net", named)).toBe(named);
});

test("errors that say the model themselves are left as they are", () => {
  const layers = [squareLayer({ name: "same" }), squareLayer({ name: "same" })];
  const twice = thrownBy(() => defineModel({ name: "own", inputShape: [1], layers }));
  const unsupported = new UnsupportedLayersError("own", [
    { position: 0, name: "r", op: "relu", remedy: "none" },
  ]);
  for (const error of [twice, unsupported]) {
    expect(error).toBeInstanceOf(ModelError);
    expect(naming("net", error)).toBe(error);
  }
});

test("errors of the program are none of the model's", () => {
  const error = new TypeError("x is undefined");
  expect(naming("net", error)).toBe(error);
});
