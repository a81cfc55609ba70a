import { expect } from "@jest/globals";
import { once } from "node:events";
import type { ChildProcess } from "node:child_process";
import {
  Client,
  defineModel,
  linearLayer,
  modelForward,
  squareLayer,
  tensor,
} from "../../../../src/he-ml/index.js";
import type { Programs, SessionInfo } from "../../../../src/he-ml/network/protocol.js";
import type { ServeConfigInput } from "../../../../src/he-ml/rest/config.js";
import type { ClientSpec } from "../../../../src/he-ml/program/client-spec.js";
import { start } from "../../../cli/processes.js";
import type { Finished } from "../../../cli/he-ml.js";
import { temporaryFolder, waves, writeJson, writeModel } from "../../../cli/support.js";
import { maxAbsDifference } from "../../support.js";
import { bytesHeaders } from "./support.js";

/** A network whose keys and images are small also where they are secure. */
export const toyModel = defineModel({
  name: "toy",
  inputShape: [4],
  layers: [
    linearLayer({ name: "fc1", weights: tensor([3, 4], waves(12, 0.9)), bias: tensor([3], [0.1, 0.2, 0.3]) }),
    squareLayer({ name: "square1" }),
    linearLayer({ name: "fc2", weights: tensor([2, 3], waves(6, 0.9)), bias: tensor([2], [0, 0.5]) }),
  ],
});

/** Quick, and secure: a service takes no other parameters. */
export const secureParameters = {
  polyModulusDegree: 4096,
  coeffModulusBits: [45, 30, 34],
  scaleBits: 16,
  weightScaleBits: 10,
} as const;

/** An image of the toy network, and what it makes of it. */
export const image = tensor([1, 4], [0.5, -0.2, 0.3, 0.9]);
const plain = modelForward(toyModel, image).at(-1)!;

export async function expectRight({ client }: Guest, answer: Response): Promise<void> {
  if (answer.status !== 200) throw new Error(await answer.text());
  const logits = client.decrypt(new Uint8Array(await answer.arrayBuffer()));
  expect(maxAbsDifference(logits.data, plain.data)).toBeLessThan(0.05);
}

/** A `he-ml serve` of its own, with the toy network. */
export interface Served {
  readonly url: string;
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  /** Ends it at once, however it stands. */
  readonly stop: () => Promise<void>;
}

export async function served(
  config: Omit<Extract<ServeConfigInput, { models?: unknown }>, "models"> = {},
  args: readonly string[] = [],
): Promise<Served> {
  const folder = await temporaryFolder();
  await writeModel(folder.path, toyModel);
  const file = await writeJson(folder.path, "serve.json", {
    ...{ models: [{ name: "toy", path: "model.onnx" }], limits: { closingSeconds: 0 } },
    ...config,
  });
  const given = ["--port", "0", "--json", "--processes", "1", "--config", file];
  const { child, finished } = start(["serve", ...given, ...args]);
  const stop = async () => {
    child.kill("SIGKILL");
    await finished;
    await folder.remove();
  };
  const line = await Promise.race([once(child.stdout!, "data"), finished]);
  if (!Array.isArray(line)) {
    await folder.remove();
    throw new Error(`he-ml serve ended: ${line.stderr}`);
  }
  const { url } = JSON.parse(String(line[0])) as { url: string };
  return { url, child, finished, stop };
}

export interface Guest {
  readonly url: string;
  readonly client: Client;
  readonly session: string;
}

export async function programOf(url: string, request: object = {}): Promise<ClientSpec> {
  const answer = await fetch(`${url}/programs`, {
    ...{ method: "POST", headers: { "content-type": "application/json" } },
    body: JSON.stringify({ net: "toy", packing: "batch", parameters: secureParameters, ...request }),
  });
  if (!answer.ok) throw new Error(await answer.text());
  const { programs } = (await answer.json()) as Programs;
  return programs[0].clientSpec;
}

export async function guest(url: string, spec: ClientSpec): Promise<Guest> {
  const client = await Client.create(spec);
  const answer = await fetch(`${url}/sessions?program=${spec.digest}`, {
    ...{ method: "POST", headers: bytesHeaders, body: client.evaluationKeys as BodyInit },
  });
  if (!answer.ok) throw new Error(await answer.text());
  const { session } = (await answer.json()) as SessionInfo;
  return { url, client, session };
}

export function putImage(
  { url, client, session }: Guest,
  { job, wait = 30 }: { readonly job: string; readonly wait?: number },
  bytes: Uint8Array = client.encrypt(image),
): Promise<Response> {
  return fetch(`${url}/sessions/${session}/jobs/${job}?wait=${wait}`, {
    ...{ method: "PUT", headers: bytesHeaders, body: bytes as BodyInit },
  });
}

/** What an answer refuses. */
export async function refusalIn(answer: Response) {
  if (answer.ok) throw new Error(`expected a refusal, got status ${answer.status}`);
  const { error } = (await answer.json()) as { error: { code: string; message: string } };
  return { status: answer.status, ...error };
}
