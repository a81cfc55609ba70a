import { Client, type Tensor } from "../../../../src/he-ml/index.js";
import type { ClientSpec } from "../../../../src/he-ml/program/client-spec.js";
import { errorBodySchema, type Programs } from "../../../../src/he-ml/network/protocol.js";
import { buildApp, type AppOptions, type StartedApp } from "../../../../src/he-ml/node/rest/app.js";
import { checkConfig, type ServeConfigInput } from "../../../../src/he-ml/rest/config.js";
import { limitsSchema } from "../../../../src/he-ml/rest/limits.js";
import { Models } from "../../../../src/he-ml/node/rest/models.js";
import { teachingParameters, temporaryFolder, writeModel } from "../../../cli/support.js";
import { SmallEngine } from "./small-engine.js";

/** An app on the small engine, with the tiny model as `tiny`, or TOY. */
export interface SmallApp extends StartedApp {
  readonly engine: SmallEngine;
  readonly stop: () => Promise<void>;
}

export async function smallApp(
  options: Partial<AppOptions> & { readonly config?: ServeConfigInput } = {},
): Promise<SmallApp> {
  const folder = await temporaryFolder();
  const path = await writeModel(folder.path);
  const engine = new SmallEngine();
  const { models, limits } = checkConfig("config", {
    models: [{ name: "tiny", aliases: ["TOY"], path }],
    ...options.config,
  });
  const started = await buildApp({
    engine,
    models: await Models.load(models?.map((model) => ({ path, ...model }))),
    limits: options.config?.limits ? limits : limitsSchema.parse({ closingSeconds: 0 }),
    ...options,
  });
  const stop = async () => {
    await started.close();
    await folder.remove();
  };
  return { ...started, engine, stop };
}

/** A program of the tiny model, by way of the routes. */
export async function askProgram({ app }: SmallApp, request: object = {}): Promise<ClientSpec> {
  const payload = { net: "tiny", parameters: teachingParameters, ...request };
  const answer = await app.inject({ method: "POST", url: "/programs", payload });
  if (answer.statusCode !== 200) throw new Error(answer.body);
  return answer.json<Programs>().programs[0].clientSpec;
}

export const bytesHeaders = { "content-type": "application/octet-stream" };

export interface Opened {
  readonly client: Client;
  readonly session: string;
}

export async function openSession(small: SmallApp, spec: ClientSpec): Promise<Opened> {
  const client = await Client.create(spec, { security: "teaching" });
  const answer = await small.app.inject({
    ...{ method: "POST", url: `/sessions?program=${spec.digest}`, headers: bytesHeaders },
    payload: Buffer.from(client.evaluationKeys),
  });
  if (answer.statusCode !== 201) throw new Error(answer.body);
  return { client, session: answer.json<{ session: string }>().session };
}

/** What an answer refuses, and why. */
export function refusalOf(answer: { readonly statusCode: number; readonly body: string }) {
  const { error } = errorBodySchema.parse(JSON.parse(answer.body));
  return { status: answer.statusCode, ...error };
}

/** What `PUT` of an image gives. */
export function putJob(
  { app }: SmallApp,
  { client, session }: Opened,
  image: Tensor,
  { job, wait = 10 }: { readonly job: string; readonly wait?: number },
) {
  return app.inject({
    ...{ method: "PUT", url: `/sessions/${session}/jobs/${job}?wait=${wait}`, headers: bytesHeaders },
    payload: Buffer.from(client.encrypt(image)),
  });
}
