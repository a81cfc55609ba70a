import { readFileSync } from "node:fs";

const transform = {
  "^.+\\.ts$": [
    "@swc/jest",
    {
      module: { type: "es6" },
      jsc: { parser: { syntax: "typescript" }, target: "es2022" },
    },
  ],
};

const { imports } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));

/** What package.json's `imports` name in Node, as sources: a module is there once, whether it is imported so or by its path. */
const ownImports = Object.entries(imports)
  .filter(([, { default: file }]) => file.startsWith("./dist/"))
  .map(([name, { default: file }]) => [
    `^${name}$`,
    file.replace("./dist/", "<rootDir>/src/").replace(/\.js$/, ""),
  ]);

/** Quick tests are `*.test.ts`; slow ones `*.slow.ts`, run by `npm run test:slow`; the longest `*.full.ts`, by `npm run check:full`. */
export default {
  globalSetup: "<rootDir>/test/jest/setup.js",
  globalTeardown: "<rootDir>/test/jest/teardown.js",
  testEnvironment: "<rootDir>/test/jest/environment.js",
  extensionsToTreatAsEsm: [".ts"],
  moduleNameMapper: { ...Object.fromEntries(ownImports), "^(\\.{1,2}/.*)\\.js$": "$1" },
  transform,
  roots: ["<rootDir>/test"],
  testMatch: ["**/*.test.ts"],
  testTimeout: 60_000,
  maxWorkers: 2,
};
