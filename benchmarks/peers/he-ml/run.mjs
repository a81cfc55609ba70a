// The library, by the protocol of the peers: a job from standard input, the result to standard output.
import { json } from "node:stream/consumers";
import { Client, Server, compile, loadModel } from "../../../dist/he-ml/node/index.js";

const job = await json(process.stdin);
const { evaluator } = job.options;
const size = job.inputShape.reduce((product, n) => product * n);

/** What `work` gives, and the milliseconds that it took: by the clock, and of all threads of this process. */
async function timed(work) {
  const [start, before] = [performance.now(), process.cpuUsage()];
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return [result, { wall: performance.now() - start, cpu: (user + system) / 1000 }];
}

const say = (text) => void process.stderr.write(`progress: ${text}\n`);

const model = await loadModel(job.network);
say("compile");
const [[program, server], compiled] = await timed(async () => {
  const planned = await compile(model, evaluator && { evaluator });
  return [planned, await Server.start(planned, { threads: job.threads === 1 ? 0 : job.threads, evaluator })];
});
say("keys");
const [[client, session], keys] = await timed(async () => {
  const made = await Client.create(program.clientSpec);
  return [made, await server.connect(made.evaluationKeys)];
});

const milliseconds = { keys, compile: compiled, encrypt: [], evaluate: [], decrypt: [] };
const logits = [];
let [bytes, spent] = [undefined, 0];
for (const [index, data] of job.images.entries()) {
  if (spent > 1000 * job.seconds) break;
  say(`image ${index + 1} of ${job.images.length}`);
  const image = { shape: [1, ...job.inputShape], data: Float64Array.from(data) };
  if (data.length !== size)
    throw new Error(`image ${index}: expected ${size} values, got ${data.length}; see images.mjs`);
  const [request, encrypt] = await timed(() => client.encrypt(image));
  const [{ response }, evaluate] = await timed(() => session.run(request));
  const [values, decrypt] = await timed(() => client.decrypt(response));
  for (const [name, took] of Object.entries({ encrypt, evaluate, decrypt })) {
    milliseconds[name].push(took);
    spent += took.wall;
  }
  logits.push([...values.data]);
  bytes ??= { input: request.length, output: response.length, keys: client.evaluationKeys.length };
}
await server.close();

const { polyModulusDegree, coeffModulusBits } = program.parameters;
const answer = {
  versions: { "he-ml": job.version, node: process.versions.node },
  method: `packed, as planned by compile(); evaluated by ${server.evaluator.evaluator}`,
  parameters: { scheme: "CKKS", polyModulusDegree, coeffModulusBits: [...coeffModulusBits] },
  securityBits: 128,
  imagesAtOnce: 1,
  milliseconds,
  bytes,
  logits,
};
process.stdout.write(`${JSON.stringify(answer)}\n`);
