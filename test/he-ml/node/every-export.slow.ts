import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { join } from "node:path";
import { isObject } from "../../../src/he-ml/arguments.js";
import * as core from "../../../src/he-ml/index.js";
import * as inNode from "../../../src/he-ml/node/index.js";
import * as onnxCore from "../../../src/he-ml/formats/onnx/index.js";
import * as onnx from "../../../src/he-ml/node/onnx/index.js";
import { checkServeOptions } from "../../../src/he-ml/node/rest/serve-options.js";
import { temporaryFolder } from "../../cli/support.js";
import { smallModel as model } from "../layers/small-model.js";
import { teachingSet } from "../parameters-tester/sets.js";
import { lazyParameters as parameters, randomTensor } from "../support.js";
import { unclearCalls, usualWrongs, type Call } from "../unclear-calls.js";

const { typicalCosts: costs } = inNode;
const images = randomTensor([2, 1, 4, 4], 1);
const bytes = onnx.writeOnnx(model);

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => void (folder = await temporaryFolder()));
afterAll(() => folder.remove());

/** Worker threads run what is built, not what is tested here: options that say nothing of threads ask for none. */
const withoutThreads = <Options>(options: Options): Options =>
  options === undefined || isObject(options) ? ({ threads: 0, ...options } as Options) : options;
const inThisThread = {
  accuracy: (...[program, batch, labels, options]: Parameters<typeof inNode.accuracy>) =>
    inNode.accuracy(program, batch, labels, withoutThreads(options)),
  infer: (...[program, batch, options]: Parameters<typeof inNode.infer>) =>
    inNode.infer(program, batch, withoutThreads(options)),
  advise: (...[network, goals, options]: Parameters<typeof inNode.advise>) =>
    inNode.advise(network, goals, withoutThreads(options)),
  /** So do processes: a server whose options are good is one that was built. */
  serve: async (...[options = {}]: Parameters<typeof inNode.serve>) => {
    checkServeOptions(options);
    const built = await import("../../../dist/he-ml/node/index.js");
    const { url, close } = await built.serve(options);
    await close();
    return url;
  },
};

/** Any text is a path, where costs would be written. */
const wrongs = usualWrongs.filter((wrong) => typeof wrong !== "string");

/** Functions that only Node has, or has in another form, with arguments that are right: each is then replaced by wrong ones. */
const calls: Readonly<Record<string, () => Promise<readonly unknown[]>>> = {
  accuracy: async () => [await inNode.compile(model, { parameters, costs }), images, [0, 1], { threads: 0 }],
  advise: async () => [model, { goal: "latency" }, { threads: 0 }],
  bench: async () => [[{ model }]],
  benchService: async () => [["lenet1"]],
  compile: async () => [model, { packing: "batch", parameters, costs }],
  compileParts: async () => [model, { packing: "batch", parameters, costs, reencryptPositions: [2] }],
  infer: async () => [await inNode.compile(model, { parameters, costs }), images, { threads: 0 }],
  loadModel: async () => ["lenet1", {}],
  loadNetwork: async () => ["lenet1", {}],
  machineCosts: async () => [parameters, join(folder.path, "costs.json"), "kernel"],
  onnxSession: async () => [bytes],
  planningCosts: async () => [join(folder.path, "costs.json"), "kernel"],
  runOnnx: async () => [bytes, images],
  serve: async () => [{ processes: 1 }],
  testParameters: async () => [model, images, { encryption_parameters: [teachingSet] }, {}],
};

test("every function that is another one in Node is called here", () => {
  const others = (all: object, portable: object) =>
    Object.entries(all)
      .filter(([name, value]) => typeof value === "function" && value !== Reflect.get(portable, name))
      .map(([name]) => name);
  const expected = [...others(inNode, core), ...others(onnx, onnxCore)].filter((name) => name !== "Server");
  expect(Object.keys(calls).sort()).toEqual(expected.sort());
});

test.each(Object.entries(calls))(
  "%s answers, or refuses with one InputError, whatever it is given",
  async (name, right) => {
    const call = Reflect.get({ ...inNode, ...onnx, ...inThisThread }, name) as Call;
    expect(await unclearCalls(call, await right(), wrongs)).toEqual({});
    // A benchmark and advice take seconds; their options: see service/arguments.test.ts and advise.slow.ts.
    if (!["bench", "benchService", "advise"].includes(name))
      expect(await call(...((await right()) as never[]))).toBeDefined();
  },
);
