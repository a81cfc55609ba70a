import path from "path-browserify";

/** `node:path` with `/` between folders. */
export const asModule: object = { ...path, default: path };
