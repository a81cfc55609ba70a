// Builds the playground as a site has it, with what a test writes before and behind the key worker's own code:
//   node test/playground/build.mjs OUT [BEFORE [BEHIND]]
import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { buildPlayground } from "../../dist/site/playground-build.js";

const [, , out, before = "", behind = ""] = process.argv;
await buildPlayground(out, false, [
  {
    name: "test-of-the-key-worker",
    transform: (code, id) =>
      id.endsWith("/workers/key-worker.ts") ? `${before}\n${code}\n${behind}` : undefined,
  },
]);
for (const name of ["lenet1", "mnist-small"]) {
  await mkdir(join(out, "lib/models"), { recursive: true });
  await cp(`models/${name}`, join(out, "lib/models", name), { recursive: true });
}
