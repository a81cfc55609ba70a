// The tests of ONNX's own package: of every case with one output, each float input in turn is the image, and the others are
// baked in as initializers. What loads must compute the stored output. Not one of the counted tests:
//
//   HE_ML_ONNX_NODE_TESTS=…/node npm run check:onnx-node-tests      (-- --list names every variant)
//
// The folder holds a folder for each case, with `model.onnx` and `test_data_set_0`; scripts/onnx-node-tests.py writes it.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema, TensorProtoSchema, TensorProto_DataType as DataType } from "onnx-buf";
import { InputError, UnsupportedLayersError, modelForward } from "../dist/he-ml/node/index.js";
import { constantTensor } from "../dist/he-ml/formats/onnx/constants.js";
import { readOnnx } from "../dist/he-ml/node/onnx/index.js";

const tolerance = 1e-4;
const floats = new Set([DataType.FLOAT, DataType.DOUBLE, DataType.FLOAT16, DataType.BFLOAT16]);

const folder = process.env.HE_ML_ONNX_NODE_TESTS;
if (!folder || !existsSync(folder)) {
  process.stderr.write(
    "check:onnx-node-tests: expected HE_ML_ONNX_NODE_TESTS to name the folder of ONNX's node tests\n",
  );
  process.exit(2);
}

const decode = (schema, path) => fromBinary(schema, readFileSync(path));

/** The cases with one output that is there, by their folder's name. */
function* cases() {
  const files = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith("model.onnx"));
  for (const file of files.sort()) {
    const directory = join(folder, dirname(file));
    const data = join(directory, "test_data_set_0");
    if (!existsSync(join(data, "output_0.pb"))) continue;
    const model = decode(ModelProtoSchema, join(directory, "model.onnx"));
    if (model.graph.output.length === 1) yield { name: relative(folder, directory), model, data };
  }
}

const elementType = ({ type }) =>
  type?.value?.case === "tensorType" ? type.value.value.elemType : undefined;

/** The case with one of its inputs as the image. */
function variant({ model, data }, image) {
  const { input } = model.graph;
  const given = input.map((_, index) => {
    const path = join(data, `input_${index}.pb`);
    return existsSync(path) ? decode(TensorProtoSchema, path) : undefined;
  });
  const baked = given.flatMap((proto, index) =>
    index === image || !proto ? [] : [create(TensorProtoSchema, { ...proto, name: input[index].name })],
  );
  const graph = {
    ...model.graph,
    input: [input[image]],
    initializer: [...model.graph.initializer, ...baked],
  };
  return {
    bytes: toBinary(ModelProtoSchema, create(ModelProtoSchema, { ...model, graph })),
    images: constantTensor(given[image], "image"),
  };
}

/** Images that the file has with the channels last, as the network takes them. */
function inNetworksOrder({ inputShape }, { shape, data }) {
  const [count, ...sizes] = shape;
  if (inputShape.join() === sizes.join()) return { shape, data };
  const withoutOnes = (s) => s.filter((size) => size !== 1).join();
  if (withoutOnes(inputShape) === withoutOnes(sizes)) return { shape: [count, ...inputShape], data };
  const [height, width, channels] = sizes;
  const moved = Float64Array.from({ length: data.length }, (_, index) => {
    const [pixel, rest] = [index % (height * width), Math.floor(index / (height * width))];
    return data[(Math.floor(rest / channels) * height * width + pixel) * channels + (rest % channels)];
  });
  return { shape: [count, ...inputShape], data: moved };
}

function isEqual(ours, theirs) {
  const near = (a, b) => Object.is(a, b) || Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b));
  return (
    ours.shape.join() === theirs.shape.join() && ours.data.every((value, i) => near(value, theirs.data[i]))
  );
}

/** What a refusal is about, without the names of this very case. */
function reasonOf(error) {
  if (error instanceof UnsupportedLayersError) {
    const ops = error.layers.map(({ op }) => op).filter((op) => !/^[a-z]/.test(op));
    return `cannot be run: ${[...new Set(ops)].slice(0, 1).join(", ")}`;
  }
  return error.message
    .replace(/^model "[^"]*": /, "")
    .replace(/^(\w+) "[^"]*"( "[^"]*")?/, "$1")
    .replaceAll(/"[^"]*"/g, '"…"')
    .replaceAll(/\[[^\]]*\]/g, "[…]")
    .replaceAll(/-?\d[\d.e+×-]*/g, "#")
    .split(/; /)[0]
    .slice(0, 150);
}

function outcomeOf(read, stored) {
  let network;
  try {
    network = readOnnx(read.bytes);
  } catch (error) {
    if (error instanceof InputError && /^.+$/.test(error.message)) {
      return { kind: "refused", reason: reasonOf(error), message: error.message };
    }
    return { kind: "crash", message: String(error.stack) };
  }
  try {
    const output = modelForward(network, inNetworksOrder(network, read.images)).at(-1);
    if (isEqual(output, stored)) return { kind: "pass" };
    return { kind: "wrong", message: `[${output.shape.join(", ")}] for [${stored.shape.join(", ")}]` };
  } catch (error) {
    // Images of a kind that the network refuses to take, such as infinities.
    const isRefusal = error instanceof InputError;
    return isRefusal
      ? { kind: "refused", reason: `images: ${reasonOf(error)}`, message: error.message }
      : { kind: "crash", message: String(error.stack) };
  }
}

const outcomes = [];
for (const testCase of cases()) {
  const { name, model, data } = testCase;
  const stored = decode(TensorProtoSchema, join(data, "output_0.pb"));
  for (const [index, input] of model.graph.input.entries()) {
    if (!floats.has(elementType(input)) || !existsSync(join(data, `input_${index}.pb`))) continue;
    const read = variant(testCase, index);
    let expected;
    try {
      expected = constantTensor(stored, "output");
    } catch {
      expected = { shape: [], data: new Float64Array() };
    }
    outcomes.push({ name: `${name} by ${input.name}`, ...outcomeOf(read, expected) });
  }
}

const count = (kind) => outcomes.filter((outcome) => outcome.kind === kind).length;
const reasons = Map.groupBy(
  outcomes.filter(({ kind }) => kind === "refused"),
  ({ reason }) => reason,
);
const lines = [...reasons]
  .sort(([, a], [, b]) => b.length - a.length)
  .map(([reason, refused]) => `  ${String(refused.length).padStart(5)}  ${reason}`);
if (process.argv.includes("--list")) {
  lines.push(
    ...outcomes.map(({ kind, name, message = "" }) => `${kind}\t${name}\t${message.split("\n")[0]}`),
  );
}
process.stdout.write(
  `${outcomes.length} variants: ${count("pass")} pass, ${count("refused")} refused, ${count("wrong")} wrong, ` +
    `${count("crash")} crash\nrefused, by reason:\n${lines.join("\n")}\n`,
);
const bad = outcomes.filter(({ kind }) => kind === "wrong" || kind === "crash");
for (const { kind, name, message } of bad) process.stdout.write(`${kind}: ${name}: ${message}\n`);
if (bad.length > 0) process.exitCode = 1;
