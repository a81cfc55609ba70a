import { createRequire } from "node:module";
import { InputError } from "../errors.js";

/**
 * What only some need, and the packages that each takes: optional peer dependencies of this one. None needs its
 * install script, and onnxruntime-node's would fetch libraries for CUDA.
 */
const features = {
  training: {
    needs: "training needs",
    packages: [
      "@tensorflow/tfjs-core",
      "@tensorflow/tfjs-layers",
      "@tensorflow/tfjs-backend-wasm",
      "onnxruntime-node",
    ],
  },
  onnxruntime: { needs: "running ONNX files needs", packages: ["onnxruntime-node"] },
  plots: {
    needs: "plots need",
    packages: [
      "plotly.js-cartesian-dist-min",
      "plotly.js-dist-min",
      "@resvg/resvg-js",
      "dejavu-fonts-ttf",
      "jsdom",
    ],
  },
  print: {
    needs: "figures for print need",
    packages: [
      "plotly.js-cartesian-dist-min",
      "plotly.js-dist-min",
      "@resvg/resvg-js",
      "dejavu-fonts-ttf",
      "jsdom",
      "jspdf",
      "svg2pdf.js",
      "subset-font",
    ],
  },
  service: {
    needs: "the service needs",
    packages: [
      "fastify",
      "fastify-type-provider-zod",
      "openapi-types",
      "@fastify/bearer-auth",
      "@fastify/cors",
      "@fastify/swagger",
      "@fastify/swagger-ui",
      "prom-client",
    ],
  },
  redis: { needs: "Redis needs", packages: ["bullmq", "ioredis"] },
  notebooks: {
    needs: "notebooks need",
    packages: [
      "tslab",
      "zeromq",
      "@vscode/markdown-it-katex",
      "dompurify",
      "highlight.js",
      "katex",
      "markdown-it",
      "plotly.js-cartesian-dist-min",
      "plotly.js-dist-min",
      "@resvg/resvg-js",
      "dejavu-fonts-ttf",
      "jsdom",
    ],
  },
} as const;

/** What needs packages that are not installed with this one. */
export type OptionalFeature = keyof typeof features;

const require = createRequire(import.meta.url);

/** Finds packages as a `require` made by `createRequire` does. */
type Finder = Pick<NodeJS.Require, "resolve">;

/** Whether all packages that a feature takes are installed. */
export function isInstalled(feature: OptionalFeature, from: Finder = require): boolean {
  return missingPackages(feature, from).length === 0;
}

/**
 * Called before what needs the packages is loaded.
 *
 * @param from Where packages are looked for; beside this package unless told.
 * @throws InputError that says what to install, if a package is missing.
 * @example
 * requirePackages("plots");
 * const { Resvg } = await import("@resvg/resvg-js");
 */
export function requirePackages(feature: OptionalFeature, from: Finder = require): void {
  const missing = missingPackages(feature, from);
  if (missing.length === 0) return;
  const { peerDependencies } = require("../../../package.json") as {
    peerDependencies: Readonly<Record<string, string>>;
  };
  const toInstall = missing.map((name) => `${name}@${peerDependencies[name]}`);
  throw new InputError(
    `${features[feature].needs} packages that are not installed; npm install --ignore-scripts ${toInstall.join(" ")}`,
  );
}

function missingPackages(feature: OptionalFeature, from: Finder): string[] {
  return features[feature].packages.filter((name) => !isFound(name, from));
}

/** Some packages have no main file, others keep their package.json to themselves. */
function isFound(name: string, from: Finder): boolean {
  return [name, `${name}/package.json`].some((path) => {
    try {
      return from.resolve(path) !== "";
    } catch {
      return false;
    }
  });
}
