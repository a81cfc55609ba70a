// Builds the playground as a site has it, with what a test adds to the key worker:
//   node test/playground/build.mjs OUT [hook [LEAK]]
import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { buildPlayground } from "../../dist/site/playground-build.js";
import { hook, leaks } from "./key-worker-hook.mjs";

const [, , out, isHooked, leak] = process.argv;
const add = {
  name: "test-of-the-key-worker",
  transform: (code, id) =>
    id.endsWith("/workers/key-worker.ts") ? `${hook}\n${code}\n${leak ? leaks[leak] : ""}` : undefined,
};
await buildPlayground(out, isHooked ? [add] : []);
for (const name of ["lenet1", "mnist-small"]) {
  await mkdir(join(out, "lib/models"), { recursive: true });
  await cp(`models/${name}`, join(out, "lib/models", name), { recursive: true });
}
