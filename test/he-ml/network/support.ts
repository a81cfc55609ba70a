import { setTimeout } from "node:timers/promises";
import { modelForward } from "../../../src/he-ml/model/model.js";
import { valueRanges } from "../../../src/he-ml/model/value-range.js";
import type { RemoteOptions } from "../../../src/he-ml/network/remote-options.js";
import { tensor, type Tensor } from "../../../src/he-ml/tensor/tensor.js";
import {
  teachingParameters,
  temporaryFolder,
  tinyModel,
  waves,
  writeJson,
  writeModel,
} from "../../cli/support.js";
import { smallApp, type SmallApp } from "../node/rest/support.js";

/** Options for the tiny model: quick, and without security. */
export const teaching = {
  parameters: { ...teachingParameters, coeffModulusBits: [...teachingParameters.coeffModulusBits] },
  security: "teaching",
} satisfies RemoteOptions;

export const images = tensor([2, 1, 6, 6], waves(72, 1));
export const logitsOf = (batch: Tensor) => modelForward(tinyModel, batch).at(-1)!;

/** The HTTP server on the small engine, on this machine; its tiny model knows the ranges of its values. */
export async function listening(
  options: Parameters<typeof smallApp>[0] = {},
): Promise<SmallApp & { readonly url: string }> {
  const folder = await temporaryFolder();
  const path = await writeModel(folder.path);
  const ranges = valueRanges(tinyModel, images, modelForward(tinyModel, images));
  await writeJson(folder.path, "metrics.json", { valueRanges: ranges, classNames: ["a", "b", "c"] });
  const small = await smallApp({
    config: { models: [{ name: "tiny", aliases: ["TOY"], path }] },
    ...options,
  });
  keepCompiled(small.engine);
  const url = await small.app.listen({ host: "127.0.0.1", port: 0 });
  const stop = async () => {
    // Those that a client opened and never used are not idle to Node.
    small.app.server.closeAllConnections();
    await small.stop();
    await folder.remove();
  };
  return { ...small, url, stop };
}

/** As engines do: what was compiled once is kept. */
function keepCompiled(engine: SmallApp["engine"]): void {
  const compile = engine.compile.bind(engine);
  const kept = new Map<string, ReturnType<typeof compile>>();
  engine.compile = (model, request) => {
    const asked = JSON.stringify(request);
    if (!kept.has(asked)) kept.set(asked, compile(model, request));
    return kept.get(asked)!;
  };
}

/** Waits for a condition that others bring about. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setTimeout(5);
}
