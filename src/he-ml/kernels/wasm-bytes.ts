import { InputError } from "../errors.js";

/**
 * The bytes of a WASM file, fetched. package.json's `imports` say where this is `#wasm-bytes`: under the condition
 * `browser`; Node, which fetches no files, reads them.
 *
 * @throws InputError if it is not there
 */
export async function wasmBytes(url: string): Promise<Uint8Array> {
  const file = new URL(url).pathname.split("/").at(-1)!;
  const source = file.startsWith("seal") ? "node-seal's dist" : "he-ml's dist/he-ml/kernels";
  const refusal = (reason: string) =>
    new InputError(
      `WebAssembly: "${url}" cannot be fetched (${reason}); serve ${source}/${file} there, beside the script`,
    );
  const response = await fetch(url).catch((error: unknown) => {
    throw refusal(String(error));
  });
  if (!response.ok) throw refusal(String(response.status));
  return new Uint8Array(await response.arrayBuffer());
}
