import { describe, expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { InputError } from "../../../src/he-ml/errors.js";
import {
  isInstalled,
  requirePackages,
  type OptionalFeature,
} from "../../../src/he-ml/node/optional-packages.js";
import { temporaryFolder } from "../../cli/support.js";
import { staticPackages } from "../../static-packages.js";

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional?: boolean }>>;
};

const features: readonly OptionalFeature[] = ["training", "onnxruntime", "plots", "notebooks"];

/** Looks for packages in an empty folder. */
async function inEmptyFolder<T>(look: (from: NodeJS.Require) => T): Promise<T> {
  const folder = await temporaryFolder();
  try {
    return look(createRequire(join(folder.path, "main.js")));
  } finally {
    await folder.remove();
  }
}

describe("packages that only some need", () => {
  test.each(features)("for %s are all found in this project", (feature) => {
    expect(isInstalled(feature)).toBe(true);
    expect(() => requirePackages(feature)).not.toThrow();
  });

  test.each(features)(
    "for %s that are missing are named in one line, each in the version wanted",
    (feature) =>
      inEmptyFolder((from) => {
        expect(isInstalled(feature, from)).toBe(false);
        const refused = () => requirePackages(feature, from);
        expect(refused).toThrow(InputError);
        expect(refused).toThrow(
          /^[\w ]+ needs? packages that are not installed; npm install --ignore-scripts( \S+)+$/,
        );
        let named = "";
        try {
          refused();
        } catch (error) {
          named = (error as Error).message.split("--ignore-scripts ")[1];
        }
        for (const spec of named.split(" ")) {
          const [, name, version] = /^(.+)@(.+)$/.exec(spec)!;
          expect(version).toBe(manifest.peerDependencies[name]);
        }
      }),
  );

  test("are optional, each of them", () => {
    for (const name of Object.keys(manifest.peerDependencies)) {
      expect(manifest.peerDependenciesMeta[name]).toEqual({ optional: true });
      expect(manifest.dependencies).not.toHaveProperty([name]);
    }
  });
});

describe("what is loaded at once", () => {
  test.each([
    "src/he-ml/index.ts",
    "src/he-ml/node/index.ts",
    "src/he-ml/node/onnx/index.ts",
    "src/notebook/display/index.ts",
    "src/notebook/exercises/index.ts",
    "src/train/node/index.ts",
    "src/viz/index.ts",
    "src/cli/main.ts",
  ])("by %s are dependencies, none of them optional", async (entry) => {
    const packages = await staticPackages(entry);
    expect(packages.filter((name) => !(name in manifest.dependencies))).toEqual([]);
  });

  test("is seen by this test", async () => {
    expect(await staticPackages("src/he-ml/node/index.ts")).toContain("node-seal");
    expect(await staticPackages("src/notebook/html/index.ts")).toContain("katex");
    expect(await staticPackages("src/train/train.ts")).toContain("@tensorflow/tfjs-core");
  });
});
