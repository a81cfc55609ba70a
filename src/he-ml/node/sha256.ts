import { createHash } from "node:crypto";

/** SHA-256 of bytes, in hexadecimal: `#sha256` of package.json's `imports` in Node. */
export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
