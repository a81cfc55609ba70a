import { sha256 as digest } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

/**
 * SHA-256 of bytes, in hexadecimal. package.json's `imports` say where this is `#sha256`: under the condition `browser`, whose own
 * digests come later and in pages with HTTPS only; Node has one that is several times as fast.
 */
export const sha256 = (bytes: Uint8Array): string => bytesToHex(digest(bytes));
