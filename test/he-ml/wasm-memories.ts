import { expect } from "@jest/globals";
import { PublicContext } from "../../src/he-ml/crypto/public-context.js";
import { SecretContext } from "../../src/he-ml/crypto/secret-context.js";
import { lazyParameters, maxAbsDifference, randomTensor } from "./support.js";

interface Memory {
  readonly buffer: ArrayBuffer;
}
type Instantiate = (...args: unknown[]) => Promise<{ instance?: { exports: object }; exports?: object }>;
declare const WebAssembly: {
  Memory: new (...args: never[]) => Memory;
  instantiate: Instantiate;
  instantiateStreaming: Instantiate;
};

/** Opens something and returns the WASM memories that were made for it. */
async function withMemories<T>(open: () => Promise<T>): Promise<{ opened: T; memories: Memory[] }> {
  const memories: Memory[] = [];
  const originals = {
    instantiate: WebAssembly.instantiate,
    instantiateStreaming: WebAssembly.instantiateStreaming,
  };
  for (const name of ["instantiate", "instantiateStreaming"] as const) {
    WebAssembly[name] = async (...args) => {
      const result = await originals[name].apply(WebAssembly, args);
      const { exports = {} } = result.instance ?? result;
      for (const exported of Object.values(exports)) {
        if (exported instanceof WebAssembly.Memory) memories.push(exported);
      }
      return result;
    };
  }
  try {
    return { opened: await open(), memories };
  } finally {
    Object.assign(WebAssembly, originals);
  }
}

/** A client and a server, and how many bytes their WASM memories take. */
export async function openCounted() {
  const { opened, memories } = await withMemories(async () => {
    const client = await SecretContext.create(lazyParameters);
    const server = await PublicContext.load(lazyParameters, client.exportEvaluationKeys());
    return { client, server };
  });
  // The client's and the server's.
  expect(memories).toHaveLength(2);
  return { ...opened, bytes: () => memories.map(({ buffer }) => buffer.byteLength) };
}

/** Lets a server refuse this many damaged ciphertexts: its memory stays as it is, and it still works. */
export async function refuseCiphertexts(count: number): Promise<void> {
  const { client, server, bytes } = await openCounted();
  const image = randomTensor([1, 2], 1);
  const sound = client.encrypt(image, { packing: "batch" });
  const damaged = sound.ciphertexts[0].slice(0, 200);
  const before = bytes();
  for (let i = 0; i < count; i++) {
    try {
      server.evaluator.load(damaged);
    } catch (error) {
      if (/^load: the bytes are damaged/.test((error as Error).message)) continue;
    }
    throw new Error(`ciphertext ${i} was not refused as the first was`);
  }
  expect(bytes()).toEqual(before);
  using loaded = server.load(sound);
  expect(maxAbsDifference(client.decrypt(server.save(loaded)).data, image.data)).toBeLessThan(0.01);
}
