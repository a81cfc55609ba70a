import library = require("./library.cjs");
import type { TypeScript } from "./tslab.cjs";

let loaded: TypeScript | undefined;

/** That which checks and compiles cells; only after tslab has asked for it. */
const current = (): TypeScript => loaded!;

/** The version that checks and compiles cells. */
const version = (): string => loaded?.version ?? "";

/**
 * TypeScript whose options for cells follow the `exports` of packages and narrow types by null checks. The library's
 * own types are found from anywhere, as is its code.
 */
function withOptions(ts: TypeScript): TypeScript {
  loaded = ts;
  return {
    ...ts,
    createWatchCompilerHost: (files, options, ...rest) =>
      ts.createWatchCompilerHost(
        files,
        {
          ...options,
          strictNullChecks: true,
          moduleResolution: ts.ModuleResolutionKind.Bundler,
          types: ["node"],
          paths: library.typePaths,
        },
        ...rest,
      ),
  };
}

export = { withOptions, current, version };
