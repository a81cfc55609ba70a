import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { ciphertextHeadBytes } from "../../../../src/he-ml/crypto/seal-format.js";
import { SecretContext, checkParameters } from "../../../../src/he-ml/index.js";
import { nest } from "../../../../src/he-ml/network/nested-base64.js";
import type { ClientSpec } from "../../../../src/he-ml/program/client-spec.js";
import { damaged, damagedJson, headerOf, oneOf, seededRandom, withHeader, type Random } from "./mutations.js";
import { bytesHeaders } from "./support.js";
import {
  expectRight,
  guest,
  image,
  programOf,
  putImage,
  refusalIn,
  secureParameters,
  served,
  type Guest,
  type Served,
} from "./served.js";

// What clients could send to harm a server, or others.

let server: Served;
let url: string;
let spec: ClientSpec;
let opened: Guest;
beforeAll(async () => {
  server = await served();
  ({ url } = server);
  spec = await programOf(url);
  opened = await guest(url, spec);
});
afterAll(() => server.stop());

const openWith = (body: Uint8Array, digest = spec.digest) =>
  fetch(`${url}/sessions?program=${digest}`, {
    ...{ method: "POST", headers: bytesHeaders, body: body as BodyInit },
  });
const put = (bytes: Uint8Array, to = opened) => putImage(to, { job: randomUUID() }, bytes);
const reasonFor = async (answering: Promise<Response>) => {
  const { status, message } = await refusalIn(await answering);
  expect([status, message]).toEqual([400, message]);
  return message;
};

test("keys of another program, of other parameters, or in which one is missing open no session", async () => {
  const other = await programOf(url, { parameters: { ...secureParameters, scaleBits: 17 } });
  const { client } = await guest(url, other);
  expect(await reasonFor(openWith(client.evaluationKeys))).toMatch(/they were made for program/);
  const { evaluationKeys } = opened.client;
  const forged = withHeader(client.evaluationKeys, {
    ...headerOf(client.evaluationKeys),
    program: spec.digest,
  });
  expect(await reasonFor(openWith(forged))).toMatch(/they were made under other parameters/);
  const without = { ...headerOf(evaluationKeys), relinearization: false };
  expect(await reasonFor(openWith(withHeader(evaluationKeys, without)))).toMatch(
    /expected relinearization keys/,
  );
  const changed = Buffer.from(evaluationKeys);
  changed[changed.length - 50_000] ^= 1;
  expect(await reasonFor(openWith(changed))).toMatch(/damaged, as its checksum tells|checksum/);
  expect(await reasonFor(openWith(client.encrypt(image)))).toMatch(/evaluation keys/);
});

test("tensors of another program, session or end, at another level or scale are refused", async () => {
  const bytes = opened.client.encrypt(image);
  const header = headerOf(bytes);
  const other = await guest(url, spec);
  expect(await reasonFor(put(other.client.encrypt(image)))).toMatch(/under key .* got one under key/);
  const next = await guest(url, await programOf(url, { layers: [0, 1] }));
  expect(await reasonFor(put(next.client.encrypt(image)))).toMatch(/is the input of program/);
  const forged = (fields: object) => reasonFor(put(withHeader(bytes, { ...header, ...fields })));
  expect(await forged({ end: "output" })).toMatch(/the output of program/);
  expect(await forged({ level: 1 })).toMatch(/expected ciphertexts at level 2/);
  expect(await forged({ scale: 2 ** 20 })).toMatch(/expected ciphertexts at level 2 and scale 65536/);
  expect(await forged({ shape: [2] })).toMatch(/expected images of 4/);
  expect(await forged({ packing: "scalar" })).toMatch(/packing/);
  expect(await forged({ images: 5000 })).toMatch(/expected at most 2048 images/);
  await expectRight(opened, await put(bytes));
});

test("ciphertexts whose own words say another level, scale or other parameters are refused, and transparent ones, too", async () => {
  const first = await guest(url, await programOf(url, { layers: [0, 1] }));
  const rest = await programOf(url, { input: first.client.spec.output });
  const goingOn = first.client.continuedBy(rest);
  const answer = await openWith(goingOn.evaluationKeys, rest.digest);
  const { session } = (await answer.json()) as { session: string };
  const behind = { url, client: goingOn, session };
  const between = Buffer.from(await (await put(first.client.encrypt(image), first)).arrayBuffer());
  await expectRight(behind, await put(between, behind));

  const { sections } = headerOf(between) as { sections: { count: number; bytes: number }[] };
  const [{ bytes: length }] = sections;
  const start = between.length - length;
  const changed = (change: (ciphertext: Buffer) => void) => {
    const copy = Buffer.from(between);
    change(copy.subarray(start));
    return reasonFor(put(copy, behind));
  };
  // Behind SEAL's header of 16 bytes: parms_id (4 words), is_ntt_form, size, degree, primes, scale.
  expect(await changed((bytes) => bytes.fill(1, 16, 48))).toMatch(/\w/);
  expect(await changed((bytes) => bytes.writeDoubleLE(12345.5, 73))).toMatch(/scale/);
  expect(await changed((bytes) => bytes.writeBigUInt64LE(3n, 49))).toMatch(/\w/);
  expect(await changed((bytes) => bytes.fill(0, (length + ciphertextHeadBytes) / 2))).toMatch(/transparent/);
  expect(await changed((bytes) => bytes.fill(0xff, length - 8))).toMatch(/\w/);
});

test("5,000 damaged bodies: each is refused with a reason, none harms the server or another session", async () => {
  const random = seededRandom(20_260_101);
  const send = await senders();
  const bystander = await guest(url, spec);
  const memory: number[] = [];
  for (let round = 0; round < 10; round++) {
    for (let i = 0; i < 500; i += 10) {
      const bodies = Array.from({ length: 10 }, () => oneOf(random, send)(random));
      for (const answering of bodies) {
        const answer = await answering;
        const { status, code, message } = await refusalIn(answer);
        expect([400, 404, 413, 415, 422]).toContain(status);
        expect([code, message]).toEqual([expect.stringMatching(/^[a-z-]+$/), expect.stringMatching(/\w+/)]);
      }
    }
    await expectRight(bystander, await putImage(bystander, { job: randomUUID() }));
    await expectRight(opened, await putImage(opened, { job: randomUUID() }));
    memory.push(await residentMebibytes(server.child.pid!));
  }
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toMatch(/^he_ml_processes_replaced 0$/m);
  expect(metrics).toMatch(/^he_ml_stored_bytes\{kind="input"\} 0$/m);
  // A garbage collector's whims are less than what 2,500 bodies of a quarter of a mebibyte would leave behind.
  expect(memory[9] - memory[4]).toBeLessThan(200);
}, 240_000);

/** Ways to send something damaged. */
async function senders(): Promise<((random: Random) => Promise<Response>)[]> {
  const { evaluationKeys } = opened.client;
  const tensor = opened.client.encrypt(image);
  const parameters = checkParameters(secureParameters);
  const { ciphertexts } = (await SecretContext.create(parameters)).encrypt(image, { packing: "scalar" });
  const texts = ciphertexts.map((bytes) => Buffer.from(bytes).toString("base64"));
  const compute = {
    ...{ encryption_parameters: [secureParameters], net: "toy", layers: [0], data: nest(texts, [1, 4]) },
  };
  const program = { net: "toy", layers: [0], packing: "batch", parameters: secureParameters };
  const json = (path: string, body: string) =>
    fetch(`${url}${path}`, { method: "POST", headers: { "content-type": "application/json" }, body });
  return [
    (random) => openWith(damaged(evaluationKeys, random)),
    (random) => put(damaged(tensor, random)),
    (random) => json("/programs", damagedJson(program, random)),
    (random) => json("/compute", damagedJson(compute, random)),
  ];
}

/** Of a process and its children. */
async function residentMebibytes(pid: number): Promise<number> {
  const tasks = await readdir(`/proc/${pid}/task`);
  const lists = await Promise.all(
    tasks.map((task) => readFile(`/proc/${pid}/task/${task}/children`, "utf8").catch(() => "")),
  );
  const children = lists.join(" ").trim().split(/\s+/).filter(Boolean).map(Number);
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const own = Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
  const others = await Promise.all(children.map(residentMebibytes));
  return Math.round(own + others.reduce((sum, one) => sum + one, 0));
}
