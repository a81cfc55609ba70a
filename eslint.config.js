import tseslint from "typescript-eslint";

const onePlatformOnly = [
  ...["process", "Buffer", "global", "require", "module", "__dirname", "__filename"],
  ...["setImmediate", "clearImmediate", "window", "document"],
];

export default tseslint.config(
  {
    ignores: ["dist/", "out/", "node_modules/", ".venv-jupyter/", ".venv-jupyterlite/", ".venv-benchmarks/"],
  },
  ...tseslint.configs.strict,
  {
    rules: {
      // A file is one thing.
      "max-lines": ["error", 350],
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/consistent-type-imports": "error",
      // A type that a schema describes has a name of its own where it is shown.
      "@typescript-eslint/no-empty-object-type": ["error", { allowInterfaces: "with-single-extends" }],
      // Under verbatimModuleSyntax, import { type X } still loads the module when it runs.
      "@typescript-eslint/no-import-type-side-effects": "error",
    },
  },
  {
    // tslab's kernel is CommonJS, and so is what is loaded before it; so is what dependency-cruiser reads.
    files: ["src/notebook/**/*.cts", "**/*.cjs"],
    rules: { "@typescript-eslint/no-require-imports": "off" },
  },
  {
    // All but the library's top floor runs in a browser as in Node; .dependency-cruiser.cjs says what it may import.
    files: ["src/he-ml/**/*.ts"],
    ignores: ["src/he-ml/node/**"],
    rules: { "no-restricted-globals": ["error", ...onePlatformOnly, "SharedArrayBuffer"] },
  },
  {
    // Workers share memory; where a page cannot, they are not started.
    files: ["src/he-ml/threads/**/*.ts"],
    rules: { "no-restricted-globals": ["error", ...onePlatformOnly] },
  },
  {
    // What a command has of its process is given to it, so that it runs within tests.
    files: ["src/cli/**/*.ts"],
    ignores: ["src/cli/process.ts"],
    rules: { "no-restricted-globals": ["error", "process", "console"] },
  },
  {
    // node-seal is raw embind: untyped, manually freed, throwing WebAssembly.Exception. One file tames it.
    files: ["src/**/*.ts"],
    ignores: ["src/he-ml/crypto/seal.ts"],
    rules: { "no-restricted-imports": ["error", { paths: ["node-seal"], patterns: ["node-seal/*"] }] },
  },
);
