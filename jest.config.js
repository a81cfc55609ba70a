const transform = {
  "^.+\\.ts$": [
    "@swc/jest",
    {
      module: { type: "es6" },
      jsc: { parser: { syntax: "typescript" }, target: "es2022" },
    },
  ],
};

/** Quick tests are `*.test.ts`; slow ones `*.slow.ts`, run by `npm run test:slow`; the longest `*.full.ts`, by `npm run check:full`. */
export default {
  globalSetup: "<rootDir>/test/jest/setup.js",
  globalTeardown: "<rootDir>/test/jest/teardown.js",
  testEnvironment: "<rootDir>/test/jest/environment.js",
  extensionsToTreatAsEsm: [".ts"],
  moduleNameMapper: { "^(\\.{1,2}/.*)\\.js$": "$1" },
  resolver: "<rootDir>/test/jest/resolver.cjs",
  transform,
  roots: ["<rootDir>/test"],
  testMatch: ["**/*.test.ts"],
  testTimeout: 60_000,
  maxWorkers: 2,
};
