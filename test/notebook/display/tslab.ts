import { createRequire } from "node:module";
import type { DisplayMessage } from "../../../src/notebook/display/kernel-output.js";
import { readPng as readPngBytes } from "../../viz/png.js";

/** The module of the real tslab whose variable holds the running cell's writer. */
export const tslab = createRequire(import.meta.url)("tslab/dist/jupyter.js") as {
  lastWriteDisplayData: ((message: DisplayMessage) => void) | null;
};

/** The picture of a bundle. */
export const readPng = (base64: unknown) => readPngBytes(Buffer.from(String(base64), "base64"));
