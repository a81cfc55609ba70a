import assert from "assert";

/** `node:assert`, by its port to browsers. */
export const asModule: object = { ...assert, default: assert };
