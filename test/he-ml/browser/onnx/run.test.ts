import { expect, jest, test } from "@jest/globals";
import { InputError } from "../../../../src/he-ml/errors.js";
import { onnxSession, runOnnx } from "../../../../src/he-ml/browser/onnx/index.js";
import { writeOnnx } from "../../../../src/he-ml/formats/onnx/write.js";
import { convolutionalLayer } from "../../../../src/he-ml/model/convolutional.js";
import { flattenLayer } from "../../../../src/he-ml/model/flatten.js";
import { defineModel, modelForward } from "../../../../src/he-ml/model/model.js";
import { unclearCalls, usualWrongs, type Call } from "../../unclear-calls.js";
import { randomTensor } from "../../support.js";

const model = defineModel({
  name: "two-channels",
  inputShape: [2, 5, 6],
  layers: [
    convolutionalLayer({ weights: randomTensor([3, 2, 2, 2], 1), bias: randomTensor([3], 2) }),
    flattenLayer({}),
  ],
});
const bytes = writeOnnx(model);
/** More than are run at a time. */
const images = randomTensor([230, 2, 5, 6], 3);

test("a session gives what the plain network gives, of more images than it runs at a time", async () => {
  const expected = modelForward(model, images).at(-1)!;
  const session = await onnxSession(bytes);
  expect(session.runner).toBe("plain network");
  const outputs = await session.run(images);
  expect(outputs.shape).toEqual(expected.shape);
  // The file holds weights in single precision.
  outputs.data.forEach((value, i) => expect(value).toBeCloseTo(expected.data[i], 5));
  expect(await runOnnx(bytes, images)).toEqual(outputs);
});

test("a session that was released is refused", async () => {
  const session = await onnxSession(bytes);
  await session.release();
  await expect(session.run(images)).rejects.toThrow(InputError);
});

test("a model is fetched from its address", async () => {
  const fetching = jest.spyOn(globalThis, "fetch").mockImplementation(async (url) => {
    const isThere = String(url as URL) === "https://host.example/model.onnx";
    return isThere ? new Response(bytes.slice()) : new Response(null, { status: 404 });
  });
  try {
    const session = await onnxSession("https://host.example/model.onnx");
    expect(await session.run(images)).toEqual(await runOnnx(bytes, images));
    await expect(onnxSession("https://host.example/other.onnx")).rejects.toThrow(
      'onnxSession: "https://host.example/other.onnx" cannot be fetched (404); serve it there, or give the file\'s bytes',
    );
    await expect(onnxSession("other.onnx")).rejects.toThrow(/is no address here/);
  } finally {
    fetching.mockRestore();
  }
});

test.each([
  ["onnxSession", onnxSession as Call, [bytes]],
  ["runOnnx", runOnnx as Call, [bytes, images]],
])("%s answers, or refuses with one InputError, whatever it is given", async (_, call, right) => {
  expect(await unclearCalls(call, right, usualWrongs)).toEqual({});
});
