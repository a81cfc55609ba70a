import { InputError } from "../errors.js";
import type { Connection } from "./connection.js";
import { modelsSchema, routes, type ModelSummary } from "./protocol.js";

const mostModelsBytes = 2 ** 24;

/** The models of a server. */
export async function askModels(server: Connection, signal?: AbortSignal): Promise<readonly ModelSummary[]> {
  const ask = {
    method: "GET",
    path: routes.models,
    mostBytes: mostModelsBytes,
    repeatable: true,
    signal,
  } as const;
  return (await server.json(ask, modelsSchema)).models;
}

/** A model by any of its names, as a server has it. @throws InputError naming those that it has */
export async function modelNamed(
  server: Connection,
  net: string,
  signal?: AbortSignal,
): Promise<ModelSummary> {
  const models = await askModels(server, signal);
  const wanted = net.toLowerCase();
  const found = models.find((model) =>
    [model.net, ...model.aliases].some((name) => name.toLowerCase() === wanted),
  );
  if (found) return found;
  throw new InputError(
    `${server.url}: there is no model "${net}"; it has ${models.map((model) => model.net).join(", ") || "none"}`,
  );
}
