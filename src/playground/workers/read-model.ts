import { InputError, readModel, type Model, type ModelFiles } from "he-ml";

const names = ["model.onnx", "metrics.json", "parameters.json"];

/**
 * A model by the address of its folder.
 *
 * @throws InputError if a file is not there
 */
export async function modelIn(folder: string): Promise<Model> {
  const files = names.map(async (name) => {
    const url = new URL(name, folder).href;
    const response = await fetch(url).catch(() => undefined);
    if (!response?.ok) {
      throw new InputError(
        `model: ${url} cannot be fetched (${response?.status ?? "no answer"}); serve the site's lib folder beside the playground`,
      );
    }
    return [name, new Uint8Array(await response.arrayBuffer())] as const;
  });
  return readModel(Object.fromEntries(await Promise.all(files)) satisfies ModelFiles);
}
