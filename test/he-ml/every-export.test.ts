import { afterAll, expect, test } from "@jest/globals";
import * as onnx from "../../src/he-ml/formats/onnx/index.js";
import * as heMl from "../../src/he-ml/index.js";
import { smallModel as model } from "./layers/small-model.js";
import { fakeServer } from "./network/fake-server.js";
import { unclearCalls, type Call } from "./unclear-calls.js";
import { lazyParameters as parameters, openSeal, randomTensor } from "./support.js";

const { typicalCosts: costs, zeros } = heMl;

const side = await openSeal(parameters);
const { client: secret, server: context, evaluator: he } = side;
const images = randomTensor([2, 1, 4, 4], 1);
const plan = heMl.planModel(model, { parameters });
const program = heMl.Program.ofPlan(plan);
const batch = await heMl.compile(model, { packing: "batch", parameters, costs });
const bfvParameters = heMl.checkBfvParameters({
  scheme: "bfv",
  polyModulusDegree: 1024,
  plainModulus: 2 ** 40,
  coeffModulusBits: [60, 60, 60],
  security: "teaching",
});
const bfvServer = await heMl.PublicContext.open(bfvParameters);
const bfvLayers = heMl.buildFromModel(bfvServer.evaluator, model);
const layers = heMl.buildFromModel(he, model);
const encoded = heMl.encodePlan(he, plan);
const message = secret.encrypt(images, { packing: "batch" });
const encrypted = context.load(message);
const client = await heMl.Client.create(program.clientSpec, { security: "teaching" });
const server = await heMl.Server.start(program);
const session = await server.connect(client.evaluationKeys);
const request = client.encrypt(images);
const { response } = await session.run(request);
const clear = new heMl.ClearContext(parameters);
const ranges = heMl.valueRanges(model, images, heMl.modelForward(model, images));
const bytes = onnx.writeOnnx(model);
const at = { level: 3, scale: 2 ** 20 };
const origin = { program: program.digest, end: "input", key: "0".repeat(32) };
const pool = { kernelSize: 2 };
const kernel = { weights: zeros([1, 1, 1, 1]) };
const linear = { weights: zeros([2, 2]) };
const reencryptor = { reencrypt: () => 0 };
const teaching = heMl.parametersSpec(parameters);

/** Knows no model. */
const remoteServer = await fakeServer((_, response) => {
  response.writeHead(404).end(JSON.stringify({ error: { code: "unknown-model", message: "models: none" } }));
});
afterAll(async () => remoteServer[Symbol.asyncDispose]());
const range = { url: remoteServer.url, net: "small" };
const bfvSet = { m: 1024, p: 1032193, insecure_for_teaching: true };
const remoteLayers = await heMl.RemoteLayers.create(bfvSet);
const oneByOne = await remoteLayers.encrypt(images);

const measured = {
  ...{
    format: "he-ml accuracy",
    version: 1,
    model: "small",
    modelDigest: "0",
    dataset: null,
    index: 0,
    count: 1,
  },
  ...{ imagesDigest: "0", packing: "batch", parameters: teaching, evaluator: "seal", program: "0" },
  ...{ relativeError: 0.01, setupMilliseconds: { keys: 0, server: 0 }, chunkMilliseconds: 2 },
  chunks: [
    {
      ...{ first: 0, threads: 0, milliseconds: { encrypt: 1, travel: 0, evaluate: 1, decrypt: 1 } },
      images: [{ label: 0, plainLogits: [1, 0], logits: [0.9, 0.1] }],
    },
  ],
};

/** Every function, with arguments that are right: each is then replaced by wrong ones. */
const calls: Readonly<Record<string, readonly unknown[]>> = {
  accuracySummary: [measured],
  advise: [model, { goal: "latency" }, { threads: 0 }],
  activationLayer: [{ function: "relu" }],
  argmax: [[1, 2]],
  averagePool: [he, pool],
  averagePoolLayer: [pool],
  benchNetworks: [],
  buildFromModel: [he, model, { valueRanges: ranges }],
  buildFromPytorch: [he, model, { reencryptPositions: [2], reencryptor }],
  byteLength: [message],
  checkBfvParameters: [bfvParameters],
  checkChain: [layers, model, parameters, { valueRanges: ranges, start: at }],
  checkParameters: [parameters],
  checkPlainModulus: [bfvLayers, model, bfvParameters, { valueRanges: ranges }],
  chooseParameters: [model, ranges, { security: 192 }],
  collect: [heMl.forward(layers, encrypted)],
  compileParts: [model, { packing: "batch", parameters, costs, reencryptPositions: [2] }],
  compile: [model, { packing: "batch", parameters, costs }],
  convolutional: [he, kernel],
  convolutionalLayer: [kernel],
  defineModel: [model],
  definitionOf: [model.layers[0]],
  encodeLayer: [he, model.layers[0], 0],
  encodePlan: [he, plan],
  encryptableModel: [model],
  errorStatistics: [images, images],
  explain: [batch, { sample: images }],
  flatten: [he, { name: "x" }],
  flattenLayer: [{ name: "x" }],
  formatChain: [parameters],
  formatShape: [[1, 2]],
  forward: [layers, encrypted, {}],
  identityLayer: [{ name: "x" }],
  imageAt: [images, 0],
  infer: [program, images, { labels: [1, "x"] }],
  inspectNetwork: [model, { images, valueRanges: ranges }],
  isLayerKind: ["linear"],
  keyBytes: [secret.exportEvaluationKeys()],
  layerForward: [model.layers[0], images],
  layerOutputShape: [model.layers[0], [1, 4, 4]],
  layerShapes: [model],
  linear: [he, linear],
  linearLayer: [linear],
  logitErrors: [measured],
  maxAbs: [[1, 2]],
  maxPoolLayer: [pool],
  measureCosts: [parameters, "seal"],
  modelForward: [model, images],
  padding: [he, { padding: 1 }],
  paddingLayer: [{ padding: 1 }],
  parameterCount: [model.layers[0]],
  parametersSpec: [parameters],
  parseDescription: [{ inputShape: [4], layers: [{ type: "Square" }] }],
  planHead: [plan, plan.stages[0].modelLayers.at(-1)],
  planModel: [model, { parameters, costs, splitAfter: [1], samples: images, valueRanges: ranges }],
  polynomial: [he, { coefficients: [0, 1, 1] }],
  polynomialLayer: [{ coefficients: [0, 1, 1] }],
  predictionGaps: [{ layers: [], images: 1 }],
  readModel: [{ "model.onnx": bytes }, {}],
  readNetwork: [{ "model.onnx": bytes }, {}],
  readOnnx: [bytes, {}],
  reencryptPositionsFrom: [[1], 4],
  reencryption: [he, { reencryptor }],
  reshape: [images, [2, 16]],
  securityTable: [192, "2024"],
  selectLayers: [layers, [0, 1]],
  sizeOf: [[1, 2]],
  square: [he, { name: "x" }],
  squareLayer: [{ name: "x" }],
  stack: [[zeros([2])]],
  startAfter: [plan],
  tensor: [[2], [1, 2]],
  tensorFromBytes: [request],
  tensorToBytes: [message, at, origin],
  testParameters: [model, images, { encryption_parameters: [{ ...teaching, packing: "batch" }] }, {}],
  transposedConvolutionalLayer: [kernel],
  typicalCosts: [4096, 3, "seal"],
  unflatten: [he, { shape: [1, 2, 2] }],
  unflattenLayer: [{ shape: [1, 2, 2] }],
  unsupportedLayers: [model],
  valueRanges: [model, images, heMl.modelForward(model, images)],
  wilsonInterval: [1, 2],
  writeOnnx: [model],
  zeros: [[2, 2]],
};

/** What is called on a class, or on one of its objects. */
const methods: Readonly<Record<string, readonly [call: Call, right: readonly unknown[]]>> = {
  "new ClearContext": [(...[p]) => new heMl.ClearContext(p), [parameters]],
  "new ClearEvaluator": [(...[p]) => new heMl.ClearEvaluator(p), [parameters]],
  "new EncryptedTensor": [(...[a, b]) => new heMl.EncryptedTensor(a, b), [message, encrypted.ciphertexts]],
  "new Program": [(...[content]) => new heMl.Program(content), [program.content]],
  "Client.create": [(...a) => heMl.Client.create(...(a as [never])), [program.clientSpec, {}]],
  "Client.fromSecretKey": [
    (...a) => heMl.Client.fromSecretKey(...(a as unknown as [never, never])),
    [program.clientSpec, client.exportSecretKey(), { security: "teaching" }],
  ],
  "Program.fromJSON": [(...[json]) => heMl.Program.fromJSON(json), [{}]],
  "Program.ofPlan": [(...[p]) => heMl.Program.ofPlan(p), [plan]],
  "PublicContext.open": [(...[p, o]) => heMl.PublicContext.open(p, o), [parameters, {}]],
  "PublicContext.load": [
    (...[p, k, o]) => heMl.PublicContext.load(p, k, o),
    [parameters, secret.exportEvaluationKeys(), {}],
  ],
  "SecretContext.create": [(...[p]) => heMl.SecretContext.create(p), [parameters]],
  "SecretContext.fromSecretKey": [
    (...[p, b]) => heMl.SecretContext.fromSecretKey(p, b),
    [parameters, secret.exportSecretKey()],
  ],
  "RemoteLayers.create": [(...[set]) => heMl.RemoteLayers.create(set), [bfvSet]],
  "RemoteModel.connect": [
    (...[url, net, o]) => heMl.RemoteModel.connect(url, net, o),
    [remoteServer.url, "small", {}],
  ],
  "RemoteModel.models": [(...[url, o]) => heMl.RemoteModel.models(url, o), [remoteServer.url, {}]],
  "remoteLayers.compute": [(...[r, t, o]) => remoteLayers.compute(r, t, o), [range, oneByOne, {}]],
  "remoteLayers.decrypt": [(...[t]) => remoteLayers.decrypt(t), [oneByOne]],
  "remoteLayers.encrypt": [(...[b, o]) => remoteLayers.encrypt(b, o), [images, {}]],
  "remoteLayers.infer": [(...[r, b, o]) => remoteLayers.infer(r, b, o), [[range], images, {}]],
  "remoteLayers.modelOf": [(...[r, o]) => remoteLayers.modelOf(r, o), [range, {}]],
  "Server.start": [(...[p, o]) => heMl.Server.start(p, o), [program, { threads: 0 }]],
  "clear.encrypt": [(...[b, o, a]) => clear.encrypt(b, o, a), [images, { packing: "batch" }, at]],
  "clear.decrypt": [(...[t]) => clear.decrypt(t), [clear.encrypt(images, { packing: "batch" })]],
  "secret.encrypt": [(...[b, o]) => secret.encrypt(b, o), [images, { packing: "batch" }]],
  "secret.decrypt": [(...[t]) => secret.decrypt(t), [message]],
  "secret.exportEvaluationKeys": [(...[r, o]) => secret.exportEvaluationKeys(r, o), [[], {}]],
  "context.load": [(...[t]) => context.load(t), [message]],
  "context.save": [(...[t]) => context.save(t), [encrypted]],
  "context.withKeys": [(...[k]) => context.withKeys(k), [secret.exportEvaluationKeys()]],
  "client.encrypt": [(...[b]) => client.encrypt(b), [images]],
  "client.encryptAsync": [(...[b, o]) => client.encryptAsync(b, o), [images, {}]],
  "client.decrypt": [(...[r]) => client.decrypt(r), [response]],
  "client.twin": [(...[b]) => client.twin(b), [images]],
  "client.continuedBy": [(...[s]) => client.continuedBy(s), [{}]],
  "server.connect": [(...[k]) => server.connect(k), [client.evaluationKeys]],
  "session.run": [(...[r, o]) => session.run(r, o), [request, {}]],
  "layers()": [(...[t]) => layers(t), [encrypted]],
  "layer()": [(...[t]) => layers[0](t), [encrypted]],
  "layer.run": [(...[t, o]) => layers[0].run(t, o), [encrypted, {}]],
  "layer.plain": [(...[b]) => layers[0].plain(b), [images]],
  "stage()": [(...[t]) => encoded.stages[0](t), [{}]],
  "stage.run": [(...[t, o]) => encoded.stages[0].run(t, o), [{}, {}]],
};

/** Errors are made by the library; classes are among the methods. */
const notCalled = [
  "InputError",
  "ChainTooShortError",
  "CoefficientOverflowError",
  "DecryptionFailedError",
  "RefusedError",
  "UnavailableError",
  "UnsupportedLayersError",
  ...["ClearContext", "ClearEvaluator", "EncryptedTensor", "Program"],
  ...["Client", "RemoteLayers", "RemoteModel", "PublicContext", "SecretContext", "Server"],
];

const wrongs = [
  undefined,
  null,
  5,
  NaN,
  -1,
  Infinity,
  1.5,
  "x",
  true,
  {},
  [],
  [null],
  () => 1,
  new Float32Array(2),
];
/** Where what is left of the work, or keys, would be made anew each time. */
const fewWrongs = [null, "x", 5];
const costly = [
  "advise",
  "compile",
  "compileParts",
  "planModel",
  "infer",
  "testParameters",
  "PublicContext.open",
  "PublicContext.load",
  "SecretContext.fromSecretKey",
];
const exported = { ...heMl, ...onnx } as unknown as Readonly<Record<string, unknown>>;

test("every exported function and class is called here", () => {
  const functions = Object.keys(exported).filter((name) => typeof exported[name] === "function");
  expect([...Object.keys(calls), ...notCalled].sort()).toEqual(functions.sort());
});

const use = async (result: unknown) => {
  if (result instanceof heMl.Server) await result.close();
  if (typeof result === "object" && result !== null && Symbol.asyncIterator in result) {
    await heMl.collect(result as never);
  }
};

const all: [string, Call, readonly unknown[]][] = [
  ...Object.entries(calls).map(([name, right]): [string, Call, readonly unknown[]] => [
    name,
    exported[name] as Call,
    right,
  ]),
  ...Object.entries(methods).map(([name, [call, right]]): [string, Call, readonly unknown[]] => [
    name,
    call,
    right,
  ]),
];

test.each(all)(
  "%s answers, or refuses with one InputError, whatever it is given",
  async (name, call, right) => {
    const found = await unclearCalls(call, right, costly.includes(name) ? fewWrongs : wrongs, use);
    expect(found).toEqual({});
  },
);
