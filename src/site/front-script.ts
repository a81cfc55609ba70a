import { build } from "esbuild";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const project = fileURLToPath(new URL("../../", import.meta.url));

/** The front page's script, which tells whoever's browser cannot encrypt, by the test that the playground has. */
export async function frontScript(): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: project,
    entryPoints: [join(project, "src/playground/front-page.ts")],
    bundle: true,
    minify: true,
    format: "iife",
    platform: "browser",
    target: "es2022",
    write: false,
    logLevel: "silent",
  });
  return outputFiles[0]!.text.trim();
}
