const { floors, around, ground } = require("./house.cjs");

const floorNames = floors.map(({ folder }) => folder);

/** The library without its top floor: it runs in a browser as in Node. */
const core = { path: "^src/he-ml/", pathNot: "^src/he-ml/node/" };

/** What the core may use: packages that need no Node. */
const packagesOfTheCore = [
  "@bufbuild/protobuf",
  "@noble/hashes",
  "@zip.js/zip.js",
  "node-seal",
  "onnx-buf",
  "uint8array-extras",
  "zod",
];

const foldersOf = (folders) => [
  ...folders.map((path) => `^src/${path}${path.endsWith(".ts") ? "$" : "/"}`),
  `^src/he-ml/(${ground.join("|")}).ts$`,
];

const library = (names) => `^src/he-ml/(${names.join("|")})/`;

/** What runs on a server; the client, and what plays both sides, are their neighbours. */
const serverSide = [
  "^src/he-ml/service/(server|session|executor|in-process|input-state|message).ts$",
  "^src/he-ml/network/(protocol|compute-message).ts$",
  "^src/he-ml/(engine|rest)/",
  "^src/he-ml/threads/",
  "^src/he-ml/browser/((server|serve).ts$|threads/|service/)",
  "^src/he-ml/node/(server.ts$|threads/|engine/|rest/)",
];

module.exports = {
  forbidden: [
    ...floorNames.slice(0, -1).map((floor, index) => ({
      name: `${floor}-imports-no-higher-floor`,
      severity: "error",
      from: { path: library([floor]) },
      to: { path: library(floorNames.slice(index + 1)) },
    })),
    ...floors
      .filter(({ apart }) => apart)
      .flatMap(({ folder }) => [
        {
          name: `${folder}-imports-no-other-floor`,
          severity: "error",
          from: { path: library([folder]) },
          to: { path: "^src/", pathNot: foldersOf([`he-ml/${folder}`]) },
        },
        {
          name: `no-floor-imports-${folder}`,
          severity: "error",
          from: { path: "^src/he-ml/", pathNot: library([folder]) },
          to: { path: library([folder]) },
        },
      ]),
    {
      name: "library-imports-only-itself",
      severity: "error",
      from: { path: "^src/he-ml/" },
      to: { path: "^src/", pathNot: "^src/he-ml/" },
    },
    ...around.flatMap(({ folder, imports, importsTypes = [] }) => [
      {
        name: `${folder}-imports-what-house.cjs-says`,
        severity: "error",
        from: { path: `^src/${folder}/` },
        to: { path: "^src/", pathNot: foldersOf([folder, ...imports, ...importsTypes]) },
      },
      {
        name: `${folder}-imports-types-only-where-house.cjs-says`,
        severity: "error",
        from: { path: `^src/${folder}/` },
        to: {
          path: "^src/",
          pathNot: foldersOf([folder, ...imports]),
          dependencyTypesNot: ["type-only"],
        },
      },
    ]),
    {
      name: "floors-do-not-import-the-library-index",
      comment:
        "the index files assemble the public API from the floors, those of browser/ and node/ from the core's; they do not look up to it",
      severity: "error",
      from: { path: "^src/he-ml/.+/", pathNot: "^src/he-ml/(browser|node)/index.ts$" },
      to: { path: "^src/he-ml/((browser|node)/)?index.ts$" },
    },
    {
      name: "core-needs-no-node",
      comment: "only src/he-ml/node/ has files, threads and onnxruntime; the core gets bytes",
      severity: "error",
      from: core,
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "core-does-not-look-up-to-node",
      comment: "but it asks for #wasm-bytes and #sha256, which package.json's imports give it by platform",
      severity: "error",
      from: core,
      to: { path: "^src/he-ml/node/" },
    },
    {
      name: "core-uses-packages-that-run-anywhere",
      severity: "error",
      from: core,
      to: { path: "node_modules/", pathNot: `node_modules/(${packagesOfTheCore.join("|")})/` },
    },
    {
      name: "server-code-cannot-name-a-secret",
      comment: "what evaluates knows public contexts only; the secret key stays with the client",
      severity: "error",
      from: { path: [library(["layers", "planner", "program"]), ...serverSide] },
      to: { path: ["^src/he-ml/crypto/secret-context", "^src/he-ml/service/client.ts$"] },
    },
    {
      name: "no-way-leads-from-a-server-to-a-secret",
      severity: "error",
      from: { path: serverSide },
      to: { path: ["^src/he-ml/crypto/secret-context", "^src/he-ml/service/client.ts$"], reachable: true },
    },
    {
      name: "one-file-imports-node-seal",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/he-ml/crypto/seal.ts$" },
      to: { path: "node_modules/node-seal/" },
    },
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "node", "default"],
    },
  },
};
