import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { realpath } from "node:fs/promises";
import { arch, platform, release, totalmem } from "node:os";
import { promisify } from "node:util";
import * as z from "zod";
import { thisMachine } from "../he-ml/node/calibration/machine-costs.js";
import { packageRoot, packageVersion } from "../he-ml/node/files/package-root.js";
import type { TypeOf } from "../he-ml/schema.js";

export const provenanceSchema = z.object({
  versions: z.object({ "he-ml": z.string(), node: z.string(), "node-seal": z.string() }),
  machine: z.object({
    cpu: z.string(),
    cores: z.int().min(1),
    memory_bytes: z.int().min(1),
    system: z.string(),
  }),
  /** Null where the library does not lie in a repository of its own. */
  commit: z
    .object({
      id: z.string(),
      /** The start of a SHA-256 of what is changed since, as `git diff HEAD` tells it; null where nothing is. */
      changes: z.string().nullable(),
    })
    .nullable(),
});

/** What made a file: versions, the machine, the commit. */
export interface Provenance extends TypeOf<typeof provenanceSchema> {}

/** Of this process. */
export async function provenance(): Promise<Provenance> {
  const { cpu, cores, node, seal } = thisMachine();
  return {
    versions: { "he-ml": packageVersion(), node, "node-seal": seal },
    machine: { cpu, cores, memory_bytes: totalmem(), system: `${platform()} ${release()} ${arch()}` },
    commit: await commit().catch(() => null),
  };
}

/** @throws if there is no git, or no repository */
async function commit(): Promise<Provenance["commit"]> {
  const [top, root] = await Promise.all(
    [(await git("rev-parse", "--show-toplevel")).trim(), packageRoot].map((path) => realpath(path)),
  );
  // Installed as a package, the library may lie within somebody else's repository.
  if (top !== root) return null;
  const id = (await git("rev-parse", "HEAD")).trim();
  const difference = await git("diff", "HEAD", "--no-ext-diff", "--no-color");
  const changes = createHash("sha256").update(difference).digest("hex").slice(0, 12);
  return { id, changes: difference === "" ? null : changes };
}

async function git(...given: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)("git", ["-C", packageRoot, ...given], { maxBuffer: 2 ** 30 });
  return stdout;
}
