// What stands where, and what may import what: lint makes its rules of this list, and a test holds the README's drawing and
// the table in CONTRIBUTING.md against it (`npm run update:house` writes both).

/** The library's folders, from the ground up: each imports only those before it, and none that stands apart. */
const floors = [
  {
    folder: "toy-ckks",
    holds: "CKKS from scratch, small and slow, for lessons: imports no other folder, and none imports it",
    apart: true,
  },
  { folder: "tensor", holds: "dense tensors, NCHW; statistics of a difference" },
  {
    folder: "model",
    holds: "a network in memory: layer descriptions, rows and facts of each, output shapes, plain forward",
  },
  { folder: "formats", holds: "onnx, torch, tfjs, safetensors, as bytes → model; model → onnx" },
  {
    folder: "kernels",
    holds: "polynomials modulo primes in WebAssembly's memory: transforms, products, sums (AssemblyScript)",
  },
  {
    folder: "crypto",
    holds:
      "CKKS and BFV parameters, keys, contexts, the evaluators (SEAL, kernel, clear twin) and the choice, packings, byte formats",
  },
  { folder: "layers", holds: "encoded, callable layers; running steps, and their traces" },
  {
    folder: "planner",
    holds: "the fast path: a plan of stages, slot layouts, rotations and scales",
    rooms: [
      { folder: "stages", holds: "the layers between two activations as one affine map" },
      { folder: "layout", holds: "where values lie in slots" },
      {
        folder: "matvec",
        holds: "ways to compute a linear transform on slots, each proposing candidates",
      },
      { folder: "scales", holds: "chain, levels and scales" },
      { folder: "errors", holds: "what errors come to at the output" },
      { folder: "search", holds: "the cheapest chain of layouts, and what operations cost" },
    ],
  },
  { folder: "calibration", holds: "measuring what operations cost" },
  {
    folder: "program",
    holds: "model + options → program (layer by layer, or by a plan), client specification, digest; explain",
  },
  { folder: "service", holds: "client, server, session; the executor in this thread; infer" },
  {
    folder: "threads",
    holds:
      "executors on worker threads, whatever a platform starts them by: shared memory, what they say, their work",
  },
  {
    folder: "parameters-tester",
    holds: "parameter sets run on a model and images, and what they come to; the adviser",
  },
  {
    folder: "network",
    holds: "what client and server say over HTTP, and the client's side (fetch only)",
  },
  {
    folder: "engine",
    holds:
      "behind a service of models: programs, sessions and jobs, the queue and the store in memory, and what workers do",
  },
  {
    folder: "rest",
    holds: "what each route of the service takes and answers, whoever carries it",
  },
  {
    folder: "browser",
    holds:
      "what needs a page or its workers: model files by their addresses, Web Workers as threads, a service inside the page",
  },
  {
    folder: "node",
    holds:
      "what needs Node: model files, worker threads, onnxruntime, costs kept on this machine, bench; the HTTP server, " +
      "and processes and Redis behind it",
  },
];

const apart = floors.filter((floor) => floor.apart);
const stacked = floors.filter((floor) => !floor.apart);

/** What stands beside the library, and what each of them may import: folders, or one of the library's floors. */
const around = [
  {
    folder: "train",
    holds: "datasets, square-activated CNNs in tfjs, export",
    imports: [
      ...["he-ml/tensor", "he-ml/model", "he-ml/formats", "he-ml/node/files", "he-ml/node/onnx"],
      ...["he-ml/node/optional-packages.ts", "he-ml/browser/fetch-bytes.ts"],
    ],
  },
  {
    folder: "viz",
    holds:
      "plotly figures and reports from traces, figures and diagrams for the course; HTML, SVG and PNG without a browser",
    imports: ["he-ml/node/optional-packages.ts", "he-ml/crypto/security-tables.ts", "he-ml/crypto/base64.ts"],
    importsTypes: ["he-ml"],
  },
  {
    folder: "notebook",
    holds:
      "runner (run a notebook on tslab), tslab (our kernel), display (values in cells), html (notebook → page), " +
      "exercises (what students solve, and how it is judged), browser (TypeScript cells as JavaScript for a page's worker; what completes them)",
    imports: ["he-ml", "viz"],
  },
  {
    folder: "figures",
    holds:
      "research figures: how the data of each is measured and drawn, published numbers, and the run that makes files of them",
    imports: ["he-ml", "train", "viz"],
  },
  {
    folder: "playground",
    holds: "a page for the browser, built by Vite: draw a digit, encrypted; the CKKS bench",
    imports: [],
  },
  {
    folder: "site",
    holds: "the course as a static site, and what is built for it",
    imports: ["he-ml", "train", "viz", "notebook"],
  },
  {
    folder: "cli",
    holds: "the he-ml command",
    imports: ["he-ml", "train", "viz", "notebook", "figures", "site"],
  },
];

/** The library's modules that belong to no floor: all may import them. */
const ground = ["arguments", "errors", "long-work", "schema"];

const line = (path, holds) => `${path.padEnd(21)} ${holds}`;

/** The drawing in the README. */
function drawing() {
  return [
    line(
      "notebooks/",
      "the walkthrough and the lessons, their glossary and instructor's guide; exercises/ to hand out and solutions/, made of the lessons",
    ),
    line("src/he-ml/", "the library; each folder imports only those above it in this list"),
    ...floors.flatMap(({ folder, holds, rooms = [] }) => [
      line(`  ${folder}/`, holds),
      ...rooms.map((room) => line(`    ${room.folder}/`, room.holds)),
    ]),
    ...around.map(({ folder, holds }) => line(`src/${folder}/`, holds)),
    line(
      "benchmarks/",
      "the same networks in other libraries, each in an environment of its own, and in ours: one table",
    ),
    line("models/", "model.onnx, card.md, metrics.json, parameters.json; datasets/"),
    line("test/", "mirrors src; browser/ is the library in a page"),
  ].join("\n");
}

/** The table in CONTRIBUTING.md: a row for each folder beside the library. */
function arrows() {
  const names = (folders) =>
    folders.map((path) => `\`src/${path}${path.endsWith(".ts") ? "" : "/"}\``).join(", ");
  return [
    "| folder | may import |",
    "|---|---|",
    ...apart.map(
      ({ folder }) =>
        `| \`src/he-ml/${folder}/\` | nothing, and no other folder of the library may import it |`,
    ),
    ...stacked.map(
      ({ folder }, i) =>
        `| \`src/he-ml/${folder}/\` | ${i === 0 ? "nothing" : `\`src/he-ml/${stacked[i - 1].folder}/\` and what that may import`} |`,
    ),
    ...around.map(
      ({ folder, imports, importsTypes = [] }) =>
        `| \`src/${folder}/\` | ${[names(imports), importsTypes.length > 0 ? `types of ${names(importsTypes)}` : ""].filter(Boolean).join("; ") || "the package, by its name"} |`,
    ),
  ].join("\n");
}

module.exports = { floors, around, ground, drawing, arrows };
