import { once } from "node:events";
import type { ChildProcess } from "node:child_process";
import { Client, type Tensor } from "../../../../src/he-ml/index.js";
import type { Programs, SessionInfo } from "../../../../src/he-ml/network/protocol.js";
import type { ServeConfigInput } from "../../../../src/he-ml/node/rest/config.js";
import type { ClientSpec } from "../../../../src/he-ml/program/client-spec.js";
import { start } from "../../../cli/processes.js";
import type { Finished } from "../../../cli/he-ml.js";
import { teachingParameters, temporaryFolder, writeJson, writeModel } from "../../../cli/support.js";
import { bytesHeaders } from "./support.js";

/** A `he-ml serve` of its own, with the tiny model. */
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
  await writeModel(folder.path);
  const file = await writeJson(folder.path, "serve.json", {
    ...{ models: [{ name: "tiny", path: "model.onnx" }], limits: { closingSeconds: 0 } },
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

/** The degree at which the primes of the tests are secure: a service takes no others. */
export const secureParameters = { ...teachingParameters, polyModulusDegree: 8192, security: 128 } as const;

export async function programOf(url: string, request: object = {}): Promise<ClientSpec> {
  const answer = await fetch(`${url}/programs`, {
    ...{ method: "POST", headers: { "content-type": "application/json" } },
    body: JSON.stringify({ net: "tiny", parameters: secureParameters, ...request }),
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
  image: Tensor,
  { job, wait = 30 }: { readonly job: string; readonly wait?: number },
): Promise<Response> {
  return fetch(`${url}/sessions/${session}/jobs/${job}?wait=${wait}`, {
    ...{ method: "PUT", headers: bytesHeaders, body: client.encrypt(image) as BodyInit },
  });
}

/** What an answer refuses. */
export async function refusalIn(answer: Response) {
  const { error } = (await answer.json()) as { error: { code: string; message: string } };
  return { status: answer.status, ...error };
}
