import fs = require("node:fs");
import Module = require("node:module");
import path = require("node:path");

type Resolve = (this: unknown, request: string, importer: unknown, ...rest: unknown[]) => string;
const resolver = Module as unknown as { _resolveFilename: Resolve };

const root = path.resolve(__dirname, "../../../..");
const { name, exports: entries } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8")) as {
  name: string;
  exports: Record<string, string | { types?: string; default: string }>;
};

/** Cells import the library that this kernel belongs to, wherever the notebook lies. */
function findFromAnywhere(): void {
  const resolve = resolver._resolveFilename;
  resolver._resolveFilename = function (request, importer, ...rest) {
    const entry = request === name || request.startsWith(`${name}/`) ? `.${request.slice(name.length)}` : "";
    if (!Object.hasOwn(entries, entry)) return resolve.call(this, request, importer, ...rest);
    const target = entries[entry];
    return path.join(root, typeof target === "string" ? target : target.default);
  };
}

/** For TypeScript's option `paths`: where the types of each of the library's entries are. */
const typePaths: Record<string, string[]> = Object.fromEntries(
  Object.entries(entries).flatMap(([entry, target]) => {
    if (typeof target === "string" || target.types === undefined) return [];
    return [[path.posix.join(name, entry), [path.join(root, target.types)]]];
  }),
);

export = { findFromAnywhere, typePaths };
