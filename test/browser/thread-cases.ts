import { expect } from "@jest/globals";
import { createHash } from "node:crypto";
// Worker threads load plain JavaScript, so the service is tested as it is built.
import { Server } from "../../dist/he-ml/node/index.js";
import type { EvaluatorKind } from "../../src/he-ml/crypto/evaluator-kind.js";
import type { LayerTrace } from "../../src/he-ml/layers/trace.js";
import { clientOf, compiled, images } from "../he-ml/service/support.js";
import type { Bundle } from "./bundle.js";
import { pageFiles, type Files } from "./pages.js";
import type { Served } from "./threads.js";

/** One for each way in which threads share work. */
export const cases = [
  ["packed", "kernel"],
  ["packed", "seal"],
  ["batch", "kernel"],
  ["batch", "seal"],
] as const satisfies readonly (readonly [string, EvaluatorKind])[];

export type Case = (typeof cases)[number];

/** What a server in Node answers in one thread, by the folder in which a page finds what was asked. */
export interface Expected {
  readonly digest: string;
  readonly traces: readonly LayerTrace[];
}

export const folderOf = ([packing, evaluator]: Case) => `${packing}-${evaluator}`;

/** A page with programs, keys and requests, and the answers that it must come to. */
export async function threadCases(): Promise<{
  readonly bundled: Bundle;
  readonly files: Files;
  readonly expected: ReadonlyMap<string, Expected>;
}> {
  const { bundled, files } = await pageFiles("threads-page", "threads-worker");
  const expected = new Map<string, Expected>();
  for (const each of cases) {
    const [packing, evaluator] = each;
    const program = await compiled({ packing, evaluator });
    const client = await clientOf(program);
    const { evaluationKeys } = client;
    const request = client.encrypt(images);
    await using server = await Server.start(program, { threads: 0, blindAnswers: false });
    const { response, traces } = await (await server.connect(evaluationKeys)).run(request);
    const folder = folderOf(each);
    expected.set(folder, { digest: createHash("sha256").update(response).digest("hex"), traces });
    files.set(`/${folder}/program.json`, JSON.stringify(program));
    files.set(`/${folder}/keys.bin`, evaluationKeys);
    files.set(`/${folder}/request.bin`, request);
  }
  return { bundled, files, expected };
}

const untimed = (traces: readonly LayerTrace[]) =>
  traces.map((trace) => ({ ...trace, milliseconds: undefined }));

/** To the last bit what Node's answer is, on so many threads, which end with the server. */
export function expectServed(served: Served, threads: number, expected: Expected): void {
  expect(served).toMatchObject({ threads, living: threads, left: 0, digest: expected.digest });
  expect(untimed(served.traces)).toEqual(untimed(expected.traces));
  if (threads > 0) expect(served.progress).toEqual(expected.traces.map(({ name }) => name));
}
