import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { readFile } from "node:fs/promises";
import { loadModel, loadNetwork } from "../../../src/he-ml/browser/load-model.js";
import { loadModel as loadFromFile } from "../../../src/he-ml/node/files/load-model.js";
import { torchCases } from "../formats/torch/fixtures.js";

/** What a host has, by address; a number is a status. */
const host = new Map<string, Uint8Array | number>();
const asked: string[] = [];
let fetching: { mockRestore(): void };
beforeEach(() => {
  host.clear();
  asked.length = 0;
  fetching = jest.spyOn(globalThis, "fetch").mockImplementation(async (url) => {
    const address = String(url as URL);
    asked.push(address);
    const has = host.get(address) ?? 404;
    if (has === 0) throw new TypeError("no connection");
    return typeof has === "number" ? new Response(null, { status: has }) : new Response(has.slice());
  });
});
afterEach(() => fetching.mockRestore());

const serveLeNet = async (folder: string, names = ["model.onnx", "metrics.json", "parameters.json"]) => {
  for (const name of names) host.set(folder + name, await readFile(`models/lenet1/${name}`));
};

test("a name is a folder beside the script, and gives what the same name gives in Node", async () => {
  await serveLeNet(new URL("../../../src/he-ml/browser/models/lenet1/", import.meta.url).href);
  expect(await loadModel("lenet1")).toEqual(await loadFromFile("lenet1"));
});

test.each(["https://host.example/a/lenet1/", "https://host.example/a/lenet1/model.onnx"])(
  "%s is an address, and what is not beside the file is left out",
  async (address) => {
    await serveLeNet("https://host.example/a/lenet1/", ["model.onnx"]);
    for (const given of [address, new URL(address)]) {
      const model = await loadModel(given);
      expect(model).toMatchObject({ name: "lenet1", inputShape: [1, 28, 28] });
      expect(model.valueRanges).toBeUndefined();
    }
    expect((await loadModel(address, { name: "mine" })).name).toBe("mine");
  },
);

test("an address need not be UTF-8", async () => {
  await serveLeNet("https://host.example/%E0%A4%A/", ["model.onnx"]);
  expect((await loadModel("https://host.example/%E0%A4%A/")).name).toBe("%E0%A4%A");
});

test("a file of weights alone gets its layers from beside it", async () => {
  const { path, inputShape, kinds } = torchCases.find(({ name }) => name === "adaptive-average-pool")!;
  host.set("https://host.example/net.pt", await readFile(path));
  const network = await loadNetwork("https://host.example/net.pt", { inputShape });
  expect(network.layers.map(({ kind }) => kind)).toEqual(kinds);
  expect(network.name).toBe("net");
  expect(asked).toContain("https://host.example/net.layers.json");
});

test("what cannot be fetched is refused by its address, with what to do", async () => {
  await serveLeNet("https://host.example/lenet1/");
  host.set("https://host.example/lenet1/metrics.json", 503);
  await expect(loadModel("https://host.example/lenet1/")).rejects.toThrow(
    'loadModel: "https://host.example/lenet1/metrics.json" cannot be fetched (503); serve it there, or',
  );
  host.set("https://host.example/lenet1/metrics.json", 0);
  await expect(loadModel("https://host.example/lenet1/")).rejects.toThrow("TypeError: no connection");
  await expect(loadModel("nobody")).rejects.toThrow(
    /models\/nobody\/model\.onnx" cannot be fetched \(404\); serve it there, or the package's models folder beside the script$/,
  );
});

test.each([
  ["some/model.onnx", '"some/model.onnx" is no address here; give the whole of it'],
  ["https://host.example/model.bin", "expected a file that ends in .onnx"],
  ["", '"" is no address here'],
  [7 as unknown as string, "expected an address or a name, got number"],
])("%p is refused before anything is asked", async (given, reason) => {
  await expect(loadModel(given)).rejects.toThrow(reason);
  expect(asked).toEqual([]);
});
