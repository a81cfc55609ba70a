import { expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const script = `
import { Engine, SecretContext, checkParameters, collect, defineModel, linearLayer, squareLayer, tensor } from "he-ml";
const parameters = checkParameters({
  polyModulusDegree: 4096, coeffModulusBits: [40, 40, 40], scaleBits: 20, weightScaleBits: 15, security: "teaching",
});
const model = defineModel({
  name: "small", inputShape: [16],
  layers: [squareLayer(), linearLayer({ weights: tensor([8, 16], Array.from({ length: 128 }, (_, i) => i / 128)) })],
});
const client = await SecretContext.create(parameters);
const engine = await Engine.start({ parameters, keys: client.exportEvaluationKeys(), model, threads: 2 });
const message = client.encrypt(tensor([1, 16], new Array(16).fill(0.5)), { packing: "batch" });
const megabytes = [];
for (let run = 1; run <= 1000; run++) {
  await collect(engine.forward(message));
  if (run % 200 === 0) megabytes.push(Math.round(process.memoryUsage().rss / 1e6));
}
await engine.close();
console.log(JSON.stringify(megabytes));
`;

test("an engine's memory does not grow over 1,000 runs", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: fileURLToPath(new URL("../../../", import.meta.url)),
  });
  const [early, ...later] = JSON.parse(stdout) as number[];
  // 800 runs pass 16 input ciphertexts of 131 kB and 16 squared ones of 131 kB around: 3.3 GB if they stayed.
  expect(Math.max(...later) - early).toBeLessThan(150);
}, 300_000);
