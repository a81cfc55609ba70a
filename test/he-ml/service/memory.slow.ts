import { expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const setUp = `
import { Client, Server, compile, defineModel, linearLayer, squareLayer, tensor } from "he-ml";
const model = defineModel({
  name: "small", inputShape: [16],
  layers: [squareLayer(), linearLayer({ weights: tensor([8, 16], Array.from({ length: 128 }, (_, i) => i / 128)) })],
});
const parameters = {
  polyModulusDegree: 4096, coeffModulusBits: [40, 40, 40], scaleBits: 20, weightScaleBits: 15, security: "teaching",
};
const image = tensor([1, 16], new Array(16).fill(0.5));
const megabytes = [];
const note = () => megabytes.push(Math.round(process.memoryUsage().rss / 1e6));
`;

async function megabytesOf(body: string): Promise<number[]> {
  const script = `${setUp}\n${body}\nconsole.log(JSON.stringify(megabytes));`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: fileURLToPath(new URL("../../../", import.meta.url)),
  });
  return JSON.parse(stdout) as number[];
}

test.each([
  ["batch", "seal"],
  ["packed", "seal"],
  ["packed", "kernel"],
])(
  "a server's memory does not grow over 1,000 runs, packing %s, evaluator %s",
  async (packing, evaluator) => {
    const [early, ...later] = await megabytesOf(`
      const program = await compile(model, { packing: "${packing}", parameters });
      const client = await Client.create(program.clientSpec, { security: "teaching" });
      const server = await Server.start(program, { threads: 2, evaluator: "${evaluator}" });
      const session = await server.connect(client.evaluationKeys);
      const request = client.encrypt(image);
      for (let run = 1; run <= 1000; run++) {
        await session.run(request);
        if (run % 200 === 0) note();
      }
      await server.close();
    `);
    // 800 runs of packing batch pass 16 input ciphertexts of 131 kB and 16 squared ones of 131 kB around: 3.3 GB if they stayed.
    expect(Math.max(...later) - early).toBeLessThan(300);
  },
  300_000,
);

test.each([
  [0, "seal"],
  [2, "seal"],
  [2, "kernel"],
])(
  "nor does it over 400 sessions, one after the other, on %d thread(s) of %s",
  async (threads, evaluator) => {
    const [early, ...later] = await megabytesOf(`
      const program = await compile(model, { parameters });
      const client = await Client.create(program.clientSpec, { security: "teaching" });
      const server = await Server.start(program, { threads: ${threads}, evaluator: "${evaluator}" });
      const { evaluationKeys } = client;
      const request = client.encrypt(image);
      for (let i = 1; i <= 700; i++) {
        const session = await server.connect(evaluationKeys);
        if (i % 10 === 0) await session.run(request);
        await session.close();
        // Memory grows for a while, until collections keep up with what is thrown away.
        if (i >= 300 && i % 100 === 0) note();
      }
      await server.close();
    `);
    // Keys take some 2 MB a session and thread: 1.6 GB in 400 sessions on two threads if they stayed.
    expect(Math.max(...later) - early).toBeLessThan(300);
  },
  300_000,
);

test.each(["seal", "kernel"])(
  "a server that is closed in the middle of a run takes its threads' memory with it, evaluator %s",
  async (evaluator) => {
    const [early, ...later] = await megabytesOf(`
      const program = await compile(model, { parameters });
      const client = await Client.create(program.clientSpec, { security: "teaching" });
      const request = client.encrypt(image);
      for (let i = 1; i <= 40; i++) {
        const server = await Server.start(program, { threads: 2, evaluator: "${evaluator}" });
        const session = await server.connect(client.evaluationKeys);
        const stopped = session.run(request).then(() => "done", (error) => error.message);
        await new Promise((resolve) => setTimeout(resolve, 1));
        await server.close();
        if (!/done|it is closed/.test(await stopped)) throw new Error(await stopped);
        if (i % 8 === 0) note();
      }
    `);
    // Two instances of SEAL, and a team's memory, take 50 MB a server and more: 1.6 GB if they stayed.
    expect(Math.max(...later) - early).toBeLessThan(300);
  },
  300_000,
);
