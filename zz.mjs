import { readdirSync, readFileSync, existsSync } from "node:fs";
import { join, dirname } from "node:path";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema, TensorProtoSchema } from "onnx-buf";
import { InputError, modelForward } from "./dist/he-ml/node/index.js";
import { readOnnx } from "./dist/he-ml/node/onnx/index.js";
let state = Number(process.argv[2] ?? 1);
const below = (n) => { state = (Math.imul(state, 1664525) + 1013904223) >>> 0; return Math.floor((state / 2 ** 32) * n); };
const dir = "/tmp/h/onnx-data/node";
let n = 0, ok = 0, refused = 0, slow = 0;
const until = Date.now() + Number(process.argv[3] ?? 100) * 1000;
const names = readdirSync(dir);
const files = [];
for (const name of names) {
  const m = fromBinary(ModelProtoSchema, readFileSync(`${dir}/${name}/model.onnx`));
  if (m.graph.output.length !== 1) continue;
  m.graph.input.forEach((input, i) => {
    const e = input.type?.value?.value?.elemType;
    if (![1, 10, 11, 16].includes(e)) return;
    const initializer = [...m.graph.initializer];
    m.graph.input.forEach((other, j) => { if (j !== i && existsSync(`${dir}/${name}/test_data_set_0/input_${j}.pb`)) { const t = fromBinary(TensorProtoSchema, readFileSync(`${dir}/${name}/test_data_set_0/input_${j}.pb`)); t.name = other.name; initializer.push(t); } });
    const g = Object.assign(create(m.graph.$typeName ? ModelProtoSchema : ModelProtoSchema).graph ?? {}, m.graph, { input: [input], initializer });
    const bytes = toBinary(ModelProtoSchema, Object.assign(fromBinary(ModelProtoSchema, new Uint8Array()), m, { graph: g }));
    try { readOnnx(bytes); files.push(bytes); } catch { if (below(6) === 0 && bytes.length < 20000) files.push(bytes); }
  });
}
for (const f of readdirSync("test/fixtures/onnx").filter((f) => f.endsWith(".onnx"))) { const b = readFileSync("test/fixtures/onnx/" + f); if (b.length < 60000) files.push(b); }
console.log(files.length, "files");
while (Date.now() < until) {
  const base = files[below(files.length)];
  const bytes = Uint8Array.from(base);
  const limit = Math.min(bytes.length, below(3) ? 400 : bytes.length);
  for (let k = 1 + below(3); k > 0; k--) bytes[below(3) ? below(limit) : bytes.length - 1 - below(Math.min(bytes.length, 200))] = below(2) ? below(256) : [0, 1, 2, 3, 255, 127, 128][below(7)];
  n++;
  const start = performance.now();
  try { const net = readOnnx(bytes); ok++; }
  catch (error) { if (!(error instanceof InputError) || !/^.+$/.test(error.message)) { console.log("CRASH", error.stack?.slice(0, 600)); if (slow++ > 8) process.exit(); } refused++; }
  const ms = performance.now() - start;
  if (ms > 2000) { console.log("SLOW", ms, JSON.stringify(fromBinary(ModelProtoSchema, bytes).graph.node.map((n) => [n.opType, n.attribute.map((a) => a.name + String(a.ints) + a.i)])).slice(0, 300)); if (slow++ > 8) process.exit(); }
}
console.log({ n, ok, refused, rss: Math.round(process.memoryUsage().rss / 2 ** 20) });
