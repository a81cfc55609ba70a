import {
  readEngineOptions,
  storeLimits,
  workerLimits,
  type EngineOptions,
} from "../../engine/engine-options.js";
import type { Engine } from "../../engine/engine.js";
import { MemoryQueue } from "../../engine/memory-queue.js";
import { MemoryStore } from "../../engine/memory-store.js";
import { ServiceEngine } from "../../engine/service-engine.js";
import { WorkerPool } from "../../engine/worker-pool.js";
import { InputError } from "../../errors.js";
import { Answers } from "../../rest/answers.js";
import type { ServedModelConfig } from "../../rest/config.js";
import { ServedModels, servedModel } from "../../rest/models.js";
import type { RunningServer } from "../../rest/running-server.js";
import { loadModel, modelAddress } from "../load-model.js";
import { giveAddress } from "./addresses.js";
import { checkOptions } from "./options.js";
import { PageApp } from "./page-app.js";
import { openWebWorker } from "./web-worker.js";

/** As `serve`, whose options are not checked yet. */
export async function startService(options: unknown): Promise<RunningServer> {
  const { config, processes, log } = checkOptions(options);
  const { limits } = config;
  const models = new ServedModels(await Promise.all(config.models.map(served)));
  const engine = await startEngine({ ...config.engine, ...(processes && { processes }) });
  const app = new PageApp({ engine, models, limits, answers: new Answers() }, log);
  const { url, takeBack } = giveAddress((request) => app.answer(request));
  let ended: Promise<void> | undefined;
  const close = () => (ended ??= app.close().finally(takeBack));
  return {
    url,
    models: models.all.map(({ summary }) => summary.net),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function served(config: ServedModelConfig) {
  const { path = config.name } = config;
  // A worker's own address is not the page's.
  const { href } = modelAddress(path);
  return servedModel(config, await loadModel(href), href);
}

async function startEngine(options: EngineOptions): Promise<Engine> {
  const settings = readEngineOptions(options);
  const { processes, jobSeconds } = settings;
  const store = new MemoryStore(storeLimits(settings));
  const limits = { seconds: jobSeconds, bytes: Infinity };
  try {
    const pool = await new WorkerPool(
      store,
      { processes, limits, workerLimits: workerLimits(settings) },
      openWebWorker,
    ).start();
    return new ServiceEngine(store, new MemoryQueue(store, pool, settings), settings, pool);
  } catch (error) {
    await store[Symbol.asyncDispose]();
    throw new InputError(`serve: ${(error as Error).message}`);
  }
}
