import { createRequire } from "node:module";
import type { DisplayWriter } from "../kernel-output.js";

/**
 * The writer of the cell that is running: `#display-writer` of package.json's `imports` in Node. tslab's public `display`
 * sends one media type a message; the function beneath it takes a whole bundle, and is exported by one of tslab's modules,
 * which a running kernel has loaded.
 *
 * @returns undefined outside a kernel
 * @see https://github.com/yunabe/tslab/blob/v1.0.22/src/jupyter.ts
 */
export function currentDisplayWriter(): DisplayWriter | undefined {
  const { cache } = createRequire(import.meta.url);
  for (const [path, module] of Object.entries(cache)) {
    if (!/[\\/]tslab[\\/]dist[\\/]jupyter\.js$/.test(path)) continue;
    const { lastWriteDisplayData } = (module?.exports ?? {}) as {
      lastWriteDisplayData?: DisplayWriter | null;
    };
    if (lastWriteDisplayData) return lastWriteDisplayData;
  }
  return undefined;
}
