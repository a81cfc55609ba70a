import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { JSDOM } from "jsdom";
import { inspect } from "node:util";
import type { EncryptedTensor, SerializedTensor } from "../../../src/he-ml/crypto/encrypted-tensor.js";
import type { PublicContext } from "../../../src/he-ml/crypto/public-context.js";
import type { SecretContext } from "../../../src/he-ml/crypto/secret-context.js";
import { buildFromModel } from "../../../src/he-ml/program/build-from-model.js";
import { typicalCosts } from "../../../src/he-ml/planner/search/costs.js";
import { compile } from "../../../src/he-ml/node/compile.js";
import { Program } from "../../../src/he-ml/program/program.js";
import { Client } from "../../../src/he-ml/service/client.js";
import { infer } from "../../../src/he-ml/node/infer.js";
import { Server } from "../../../src/he-ml/node/server.js";
import { planModel } from "../../../src/he-ml/planner/plan.js";
import { toMimeBundle } from "../../../src/notebook/display/index.js";
import { smallModel } from "../../he-ml/layers/small-model.js";
import { lazyParameters, openSeal, randomTensor } from "../../he-ml/support.js";
import { clearPlan, clearRun, facts, textCells } from "./values.js";

let clear: Awaited<ReturnType<typeof clearRun>>;

let planned: ReturnType<typeof clearPlan>;

let client: SecretContext;

let server: PublicContext;

let serialized: SerializedTensor;

let encrypted: EncryptedTensor;

beforeAll(async () => {
  clear = await clearRun();
  planned = clearPlan();
  ({ client, server } = await openSeal(lazyParameters));
  serialized = client.encrypt(randomTensor([3, 1, 2, 2], 1), { packing: "batch" });
  encrypted = server.load(serialized);
});

const tablesIn = (bundle: Record<string, unknown> | undefined) =>
  JSDOM.fragment(String(bundle?.["text/html"])).querySelectorAll("table");

describe("models, layers and traces", () => {
  const positions = ["0", "1", "2", "3", "4"];

  test("a model: one row a layer", () => {
    const [head, ...rows] = textCells(toMimeBundle(smallModel));
    expect(head).toEqual(["position", "name", "kind", "output shape", "parameters"]);
    expect(rows).toEqual([
      ["0", "conv1", "convolutional 3×3, stride 1", "2×2×2", "20"],
      ["1", "act1", "square", "2×2×2", "0"],
      ["2", "pool1", "average pool 2×2, stride 2", "2×1×1", "0"],
      ["3", "flat", "flatten", "2", "0"],
      ["4", "fc1", "linear", "3", "9"],
    ]);
    expect(toMimeBundle(smallModel)?.["text/plain"]).toMatch("29 parameters");
  });

  test("encoded layers, all and one, on either evaluator", () => {
    const onSeal = buildFromModel(server.evaluator, smallModel);
    expect(textCells(toMimeBundle(onSeal)).map(([position]) => position)).toEqual(["position", ...positions]);
    expect(toMimeBundle(onSeal)?.["text/plain"]).toMatch("5 encoded layers on SEAL, weights at 2^16");
    expect(toMimeBundle(clear.layers.slice(2))?.["text/plain"]).toMatch("clear twin");
    expect(textCells(toMimeBundle(clear.layers.slice(2)))[1][0]).toBe("2");
    expect(facts(toMimeBundle(onSeal[0]))).toMatchObject({
      name: "conv1",
      parameters: "20",
      evaluator: "SEAL",
    });
  });

  test("traces: where each layer stands and what it took", () => {
    const [head, ...rows] = textCells(toMimeBundle(clear.traces));
    expect(head).toEqual([
      "layer",
      "output shape",
      "level",
      "scale",
      "ms",
      "rms error",
      "largest error",
      "operations",
    ]);
    expect(rows[1].slice(0, 4)).toEqual(["act1", "2×2×2", "3 → 2", "2^36 → 2^24"]);
    expect(rows[1].at(-1)).toBe("8 square, 8 relinearize, 8 rescale");
    expect(facts(toMimeBundle(clear.traces[1]))).toMatchObject({
      "model layer": "1",
      packing: "batch, 2 images",
    });
  });

  test("traces read from JSON show as those of the run; without errors they have no column of them", () => {
    expect(toMimeBundle(JSON.parse(JSON.stringify(clear.traces)))).toEqual(toMimeBundle(clear.traces));
    const [head] = textCells(toMimeBundle(clear.traces.map((trace) => ({ ...trace, error: undefined }))));
    expect(head).not.toContain("largest error");
  });
});

describe("plans", () => {
  const stages = ["conv1+act1", "pool1+flat+fc1"];

  test("a plan: one row a stage, with the rotations that its run then makes", () => {
    const { plan, explanation } = planned;
    const [head, ...rows] = textCells(toMimeBundle(plan));
    expect(head).toContain("weights at");
    expect(rows.map(([name]) => name)).toEqual(stages);
    expect(rows.map((row) => row[1])).toEqual(["0, 1", "2, 3, 4"]);
    const rotations = rows.map((row) => Number(row[head.indexOf("rotations")]));
    expect(rotations).toEqual(explanation.stages.map(({ ops }) => ops.rotate));
    const text = toMimeBundle(plan)?.["text/plain"];
    expect(text).toMatch(`Plan of "small": 2 stages; N = 1024`);
    expect(text).toMatch(`${plan.rotations.length} rotation key`);
  });

  test("without fusing a row for each layer; a layer without products has no weight scale", () => {
    const plan = planModel(smallModel, { parameters: lazyParameters, fuse: false });
    const [head, ...rows] = textCells(toMimeBundle(plan));
    const at = head.indexOf("weights at");
    expect(rows.map(([name]) => name)).toEqual(["conv1", "act1", "pool1", "flat", "fc1"]);
    expect(rows.filter((row) => row[at] === "").map(([name]) => name)).toEqual(["act1", "pool1", "flat"]);
  });

  test("encoded stages: in a list, one alone, or as they come from encodePlan", () => {
    const { encoded } = planned;
    expect(textCells(toMimeBundle(encoded.stages)).map(([name]) => name)).toEqual(["stage", ...stages]);
    expect(toMimeBundle(encoded)).toEqual(toMimeBundle(encoded.stages));
    expect(textCells(toMimeBundle(encoded.stages[1]))[1][0]).toBe(stages[1]);
    expect(toMimeBundle(encoded)?.["text/plain"]).toMatch("2 encoded stages on the clear twin");
  });

  test("an explanation: what will be done, how long it takes, what travels", () => {
    const { explanation } = planned;
    const [head, ...rows] = textCells(toMimeBundle(explanation));
    expect(head.slice(-4)).toEqual([
      "predicted ms",
      "predicted rms error",
      "predicted max error",
      "operations",
    ]);
    expect(rows[0][head.indexOf("level")]).toBe("3 → 2");
    expect(toMimeBundle(explanation)?.["text/plain"]).toMatch(/packing packed; .* predicted; input .*keys/);
    expect(toMimeBundle(JSON.parse(JSON.stringify(explanation)))).toEqual(toMimeBundle(explanation));
  });

  test("traces of stages say so", () => {
    const stages = clear.traces.map((trace) => ({ ...trace, kind: "stage" }));
    expect(textCells(toMimeBundle(stages))[0][0]).toBe("stage");
    expect(toMimeBundle(stages)?.["text/plain"]).toMatch("Trace of 5 stages");
  });

  test("what a client needs to know, also where it was read from JSON", () => {
    const { spec } = planned;
    expect(facts(toMimeBundle(spec))).toMatchObject({
      packing: "packed",
      "model layers": "0, 1, 2, 3, 4",
      output: "3 in 1 ciphertext, 3 of 512 slots",
      "rotation keys": String(spec.rotations.length),
      "relinearization keys": "needed",
    });
    expect(toMimeBundle(JSON.parse(JSON.stringify(spec)))).toEqual(toMimeBundle(spec));
  });
});

describe("programs and the service", () => {
  let program: Program;
  let client: Client;
  let server: Server;
  beforeAll(async () => {
    program = Program.ofPlan(planned.plan);
    client = await Client.create(program.clientSpec, { security: "teaching" });
    server = await Server.start(program, { threads: 0 });
  });
  afterAll(() => server.close());

  test("a program: its plan, or its layers", async () => {
    expect(textCells(toMimeBundle(program)).map(([name]) => name)).toEqual([
      "stage",
      "conv1+act1",
      "pool1+flat+fc1",
    ]);
    expect(toMimeBundle(program)?.["text/plain"]).toMatch(
      `Program ${program.digest.slice(0, 12)}… of "small"`,
    );
    const options = { packing: "batch", parameters: lazyParameters, costs: typicalCosts } as const;
    const [, ...rows] = textCells(toMimeBundle(await compile(smallModel, options)));
    expect(rows.map((row) => row[1])).toEqual(["conv1", "act1", "pool1", "flat", "fc1"]);
    expect(rows[1].slice(2)).toEqual(["3 → 2", "2^36 → 2^24"]);
    expect(inspect(program)).toMatch(/^Program \{ "small", packing packed/);
  });

  test("a client, a server and a session: who has which keys", async () => {
    const session = await server.connect(client.evaluationKeys);
    expect(facts(toMimeBundle(client))).toMatchObject({
      "secret key": "held here, not shown",
      decrypts: "3",
    });
    expect(facts(toMimeBundle(server))).toMatchObject({
      sessions: "1",
      threads: "none: it computes in this one",
    });
    expect(facts(toMimeBundle(session)).program).toMatch("small");
    expect(inspect({ client, server, session }, { depth: 8, showHidden: true })).not.toMatch(
      /Seal|secretKey/,
    );
    const exported = Buffer.from(client.exportSecretKey()).toString("base64").slice(-64);
    expect(JSON.stringify(toMimeBundle(client))).not.toContain(exported);
    await session.close();
  });

  test("bytes that travel: what they are, and no dump of them", () => {
    const request = client.encrypt(randomTensor([1, 4, 4], 1));
    expect(facts(toMimeBundle(request))).toMatchObject({
      scheme: "ckks",
      end: "input",
      shape: "1×4×4",
      images: "1",
      program: `${program.digest.slice(0, 12)}…`,
    });
    expect(toMimeBundle(client.evaluationKeys)?.["text/plain"]).toMatch("Bytes: evaluation keys");
    expect(toMimeBundle(new Uint8Array(9))).toBeUndefined();
  });

  test("an inference: a row for each image", async () => {
    const report = await infer(program, randomTensor([2, 1, 4, 4], 3), { threads: 0, labels: [1, null] });
    const [head, ...rows] = textCells(toMimeBundle(report));
    expect(head).toEqual(["image", "encrypted", "plain", "label", "largest error", "of the largest logit"]);
    expect(rows.map((row) => row[3])).toEqual(["1", "?"]);
    expect(rows.map((row) => row[1])).toEqual(rows.map((row) => row[2]));
    expect(toMimeBundle(JSON.parse(JSON.stringify(report)))).toEqual(toMimeBundle(report));
  });
});

test("every kind is one accessible HTML table of the same rows as its text, without script or address", () => {
  const { images, layers, traces } = clear;
  const { plan, explanation, encoded, spec } = planned;
  const packed = [plan, explanation, encoded, encoded.stages, encoded.stages[0], spec];
  const keys = client.exportEvaluationKeys();
  const values = [encrypted, serialized, client, server, clear.context, lazyParameters, keys, smallModel];
  for (const value of [...values, layers, layers[0], traces, traces[0], traces[0].error, images, ...packed]) {
    const bundle = toMimeBundle(value);
    expect(Object.keys(bundle ?? {})).toEqual(["text/html", "text/plain"]);
    const [table, ...more] = tablesIn(bundle);
    expect(more).toEqual([]);
    expect(table.caption?.textContent).not.toBe("");
    const rows = Array.from(table.rows, (row) => Array.from(row.cells, (cell) => cell.textContent));
    expect(rows).toEqual(textCells(bundle));
    for (const row of table.tBodies[0].rows) expect(row.cells[0].getAttribute("scope")).toBe("row");
    expect(bundle?.["text/html"]).not.toMatch(/<script|<style|https?:|src=|href=|\son\w+=/);
  }
});
