// Everything that is read from outside, each with sound examples, and with the door that reads it.
import { readFileSync, readdirSync } from "node:fs";
import {
  Client,
  Program,
  PublicContext,
  SecretContext,
  Server,
  checkParameters,
  compile,
  readNetwork,
  tensor,
  typicalCosts,
} from "../../dist/he-ml/node/index.js";
import { renderNotebook } from "../../dist/notebook/html/index.js";
import { formatNotebook, parseNotebook } from "../../dist/notebook/runner/notebook-file.js";
import { damagedBytes, damagedJson } from "./damage.mjs";

const root = new URL("../../", import.meta.url);
const read = (path) => new Uint8Array(readFileSync(new URL(path, root)));
const readText = (path) => readFileSync(new URL(path, root), "utf8");
const encode = (text) => new TextEncoder().encode(text);

/** Files of a folder, the small ones: the others say no more, and take longer. */
const filesIn = (folder, endings, most = 40_000) =>
  readdirSync(new URL(folder, root))
    .filter((name) => endings.some((ending) => name.endsWith(ending)))
    .map((name) => ({ name, bytes: read(`${folder}/${name}`) }))
    .filter(({ bytes }) => bytes.length < most);

/** What is decrypted from damaged bytes may be any numbers, but numbers. */
function requireNumbers({ data }) {
  if (!data.every(Number.isFinite))
    throw new Error(`decrypted to ${data.find((value) => !Number.isFinite(value))}`);
}

const teaching = { security: "teaching" };
const spec = {
  ...{ polyModulusDegree: 1024, coeffModulusBits: [50, 60, 48, 60], scaleBits: 20, weightScaleBits: 16 },
  ...teaching,
};

/** The smallest model with a layer of each kind of stage. */
async function tinyModel() {
  const description = {
    inputShape: [1, 4, 4],
    layers: [{ type: "Conv2d" }, { type: "Square" }, { type: "Flatten" }, { type: "Linear" }],
  };
  const header = JSON.stringify({
    "0.weight": { dtype: "F32", shape: [2, 1, 2, 2], data_offsets: [0, 32] },
    "3.weight": { dtype: "F32", shape: [3, 18], data_offsets: [32, 248] },
  });
  const values = Float32Array.from({ length: 62 }, (_, i) => Math.sin(i) / 2);
  const length = new Uint8Array(new BigUint64Array([BigInt(header.length)]).buffer);
  const file = Buffer.concat([length, encode(header), new Uint8Array(values.buffer)]);
  return readNetwork({ "tiny.safetensors": file }, { description });
}

function modelFormats() {
  const cases = JSON.parse(readText("test/fixtures/safetensors/cases.json"));
  const safetensors = read("test/fixtures/safetensors/F32.safetensors");
  const torchCases = JSON.parse(readText("test/fixtures/torch/cases.json"));
  const torchFiles = filesIn("test/fixtures/torch", [".pt", ".pth"]).map(({ name, bytes }) => {
    const [, said = {}] =
      Object.entries(torchCases).find(([key, { file = `${key}.pt` }]) => file === name) ?? [];
    return { name, bytes, options: { inputShape: said.inputShape, description: said.description } };
  });
  const bytesOf = (name, examples, readBytes) => ({
    name,
    examples,
    damage: ({ bytes, ...rest }, below) => ({ ...rest, bytes: damagedBytes(bytes, below) }),
    read: readBytes,
  });
  const textOf = (name, text, readText) => ({ name, examples: [text], damage: damagedJson, read: readText });
  const { json, weights } = tfjs();
  return [
    bytesOf("ONNX", filesIn("test/fixtures/onnx", [".onnx"]), ({ bytes }) =>
      readNetwork({ "net.onnx": bytes }),
    ),
    bytesOf("PyTorch", torchFiles, ({ name, bytes, options }) =>
      readNetwork({ [`net${name.slice(name.lastIndexOf("."))}`]: bytes }, options),
    ),
    bytesOf("safetensors", filesIn("test/fixtures/safetensors", [".safetensors"]), ({ bytes }) =>
      readNetwork({ "net.safetensors": bytes }, { description: cases.description }),
    ),
    textOf("description of weights", JSON.stringify(cases.description), (text) =>
      readNetwork({ "net.safetensors": safetensors, "net.layers.json": encode(text) }),
    ),
    textOf("TensorFlow.js model", json, (text) =>
      readNetwork({ "model.json": encode(text), "weights.bin": weights }),
    ),
    bytesOf("TensorFlow.js weights", [{ bytes: weights }], ({ bytes }) =>
      readNetwork({ "model.json": encode(json), "weights.bin": bytes }),
    ),
    textOf("metrics of a model", readText("models/breast-cancer/metrics.json"), (text) =>
      readNetwork({ "a.onnx": read("models/breast-cancer/model.onnx"), "metrics.json": encode(text) }),
    ),
  ];
}

function tfjs() {
  const layer = (class_name, config) => ({ class_name, config });
  const convolution = {
    ...{ name: "conv", batch_input_shape: [null, 5, 5, 1], kernel_size: [3, 3], strides: [2, 1] },
    ...{ padding: "same", activation: "linear", use_bias: true },
  };
  const layers = [
    layer("Conv2D", convolution),
    layer("Square", { name: "square" }),
    layer("AveragePooling2D", { name: "pool", pool_size: [2, 2], padding: "valid" }),
    layer("Flatten", { name: "flatten" }),
    layer("Dense", { name: "fc", use_bias: false, activation: "linear" }),
  ];
  const weights = [
    { name: "conv/kernel", shape: [3, 3, 1, 2], dtype: "float32" },
    { name: "conv/bias", shape: [2], dtype: "float32" },
    { name: "fc/kernel", shape: [4, 3], dtype: "float32" },
  ];
  return {
    json: JSON.stringify({
      format: "layers-model",
      modelTopology: { class_name: "Sequential", config: { name: "net", layers } },
      weightsManifest: [{ paths: ["weights.bin"], weights }],
    }),
    weights: new Uint8Array(Float32Array.from({ length: 32 }, (_, i) => (i % 7) / 4).buffer),
  };
}

/** Ciphertexts and keys as SEAL writes them, read by the contexts themselves. */
async function sealFormats() {
  const parameters = checkParameters(spec);
  const client = await SecretContext.create(parameters);
  const rotation = { step: 3, level: 2 };
  const keys = client.exportEvaluationKeys([rotation]);
  const server = await PublicContext.load(parameters, keys, { evaluator: "seal" });
  const kernels = await PublicContext.load(parameters, keys, { evaluator: "kernel" });
  const layout = { shape: [1], packing: "batch", images: 2 };
  const [fresh] = client.encrypt(tensor([2, 1], [1, 2]), { packing: "batch" }).ciphertexts;
  const computed = server.evaluator.save(server.evaluator.load(fresh));
  const withKeys = (changed) => {
    for (const context of [server, kernels]) context.withKeys({ ...keys, ...changed })[Symbol.dispose]();
  };
  const format = (name, examples, readBytes) => ({ name, examples, damage: damagedBytes, read: readBytes });
  return [
    format("SEAL ciphertext, by the server", [fresh, computed], (bytes) =>
      server.evaluator.load(bytes)[Symbol.dispose](),
    ),
    format("SEAL ciphertext, by the server, into kernels", [fresh, computed], (bytes) =>
      kernels.evaluator.load(bytes)[Symbol.dispose](),
    ),
    format("SEAL ciphertext, by the client", [fresh, computed], (bytes) =>
      requireNumbers(client.decrypt({ ...layout, ciphertexts: [bytes] })),
    ),
    format("SEAL public key", [keys.publicKey], (publicKey) => withKeys({ publicKey })),
    format("SEAL relinearization keys", [keys.relinKeys], (relinKeys) => withKeys({ relinKeys })),
    format("SEAL rotation key", [keys.rotationKeys[0].bytes], (bytes) =>
      withKeys({ rotationKeys: [{ ...rotation, bytes }] }),
    ),
    {
      ...format("SEAL secret key", [client.exportSecretKey()], (bytes) =>
        SecretContext.fromSecretKey(parameters, bytes),
      ),
      share: 0.1,
    },
  ];
}

/** Programs, and what travels between a client and a server of theirs. */
async function serviceFormats() {
  const model = await tinyModel();
  const programs = await Promise.all(
    ["packed", "batch"].map((packing) => compile(model, { packing, parameters: spec, costs: typicalCosts })),
  );
  const ends = await Promise.all(
    programs.map(async (program) => {
      const client = await Client.create(program.clientSpec, teaching);
      const server = await Server.start(program, { threads: 0 });
      const session = await server.connect(client.evaluationKeys);
      const request = client.encrypt(tensor([1, 1, 4, 4], Array(16).fill(0.5)));
      const { response } = await session.run(request);
      return { program, client, server, session, request, response };
    }),
  );
  const format = (name, of, readBytes) => ({
    name,
    examples: ends.map((end) => ({ end, bytes: of(end) })),
    damage: ({ end, bytes }, below) => ({ end, bytes: damagedBytes(bytes, below) }),
    read: ({ end, bytes }) => readBytes(end, bytes),
  });
  const texts = (values) => values.map((value) => JSON.stringify(value));
  return [
    format(
      "encrypted request",
      ({ request }) => request,
      ({ session }, bytes) => session.run(bytes),
    ),
    format(
      "encrypted response",
      ({ response }) => response,
      ({ client }, bytes) => requireNumbers(client.decrypt(bytes)),
    ),
    format(
      "evaluation keys",
      ({ client }) => client.evaluationKeys,
      async ({ server }, bytes) => (await server.connect(bytes)).close(),
    ),
    format(
      "secret key",
      ({ client }) => client.exportSecretKey(),
      ({ program }, bytes) => Client.fromSecretKey(program.clientSpec, bytes, teaching),
    ),
    {
      name: "client specification",
      examples: texts(programs.map(({ clientSpec }) => clientSpec)),
      damage: damagedJson,
      read: (text) => Client.create(parsedOr(text), teaching),
    },
    {
      name: "program",
      examples: texts(programs),
      damage: damagedJson,
      read: (text) => Program.fromJSON(parsedOr(text)),
    },
  ];
}

/** What the caller has in hand is JSON, or what is left of it as a text. */
function parsedOr(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export async function formats() {
  const notebook = {
    ...{
      nbformat: 4,
      nbformat_minor: 5,
      metadata: { kernelspec: { name: "he-ml", language: "typescript" } },
    },
    cells: [
      { cell_type: "markdown", id: "a", metadata: {}, source: ["# One\n", "$x^2$ `code` [link](a.html)"] },
      {
        ...{ cell_type: "code", id: "b", metadata: { tags: ["x"] }, source: "1 + 1", execution_count: 1 },
        outputs: [
          { output_type: "stream", name: "stdout", text: ["2\n"] },
          { output_type: "display_data", data: { "text/html": "<b>2</b>", "text/plain": "2" }, metadata: {} },
          { output_type: "error", ename: "E", evalue: "v", traceback: ["t"] },
        ],
      },
    ],
  };
  return [
    ...(await sealFormats()),
    ...(await serviceFormats()),
    ...modelFormats(),
    {
      name: "parameters",
      examples: [JSON.stringify(spec)],
      damage: damagedJson,
      read: (text) => checkParameters(parsedOr(text)),
    },
    {
      name: "notebook",
      examples: [JSON.stringify(notebook)],
      damage: damagedJson,
      read: async (text) => {
        const parsed = parseNotebook(text, "net.ipynb");
        parseNotebook(formatNotebook(parsed), "again.ipynb");
        await renderNotebook(parsed);
      },
    },
  ];
}
