import { readFile } from "node:fs/promises";
import { availableParallelism, cpus, homedir, tmpdir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import * as z from "zod";
import { requireArgument } from "../../arguments.js";
import { defaultEvaluator, evaluatorKinds, type EvaluatorKind } from "../../crypto/evaluator-kind.js";
import { checkParameters, requireParameters, type CkksParameters } from "../../crypto/parameters.js";
import { sealVersion } from "../../crypto/wasm-stack.js";
import type { TypeOf } from "../../schema.js";
import {
  costsOf,
  primitiveCostsSchema,
  typicalCosts,
  typicalCostsUnder,
  type PrimitiveCosts,
} from "../../planner/search/costs.js";
import { measureCosts } from "../../calibration/measure-costs.js";
import { makeFolder } from "../files/make-folder.js";
import { writeWholeFile } from "../files/whole-file.js";

const machineSchema = z.object({
  cpu: z.string(),
  cores: z.number(),
  node: z.string(),
  /** Version of node-seal. */
  seal: z.string(),
});

/** What costs depend on: measured under another of these, they are measured anew. */
export interface Machine extends TypeOf<typeof machineSchema> {}

export function thisMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? process.arch,
    cores: availableParallelism(),
    node: process.versions.node,
    seal: sealVersion,
  };
}

const cacheSchema = z.object({
  machine: machineSchema,
  costs: z.record(z.string(), primitiveCostsSchema),
});

/** Where measured costs are kept: `he-ml/costs.json` in the user's cache folder. */
export function costsFile(): string {
  const { XDG_CACHE_HOME } = process.env;
  // An empty or relative one counts as none: https://specifications.freedesktop.org/basedir-spec/latest/
  const cache = XDG_CACHE_HOME && isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : join(homeFolder(), ".cache");
  return join(cache, "he-ml", "costs.json");
}

/** Node knows none where HOME is missing and the user is in no list. */
function homeFolder(): string {
  try {
    return homedir() || tmpdir();
  } catch {
    return tmpdir();
  }
}

/**
 * What operations cost on this machine under these parameters: from the cache, or measured (about a second) and put
 * there. Without a folder to write to they are measured every time. Those of the kernel evaluator are typical ones.
 */
export async function machineCosts(
  parameters: CkksParameters,
  file = costsFile(),
  evaluator = defaultEvaluator,
): Promise<PrimitiveCosts> {
  requireParameters("machineCosts", parameters);
  requireCostSource("machineCosts", file, evaluator);
  if (evaluator === "kernel") return typicalCostsUnder(parameters, evaluator);
  const machine = thisMachine();
  const cached = await readCache(file);
  const known = cached && isSame(cached.machine, machine) ? cached.costs : {};
  const key = `${evaluator}, ${parameters.polyModulusDegree}, ${parameters.levels} data primes`;
  if (known[key] && hasLevels(known[key], parameters.levels)) return known[key];
  const measured = await measureCosts(parameters);
  await writeCache(file, { machine, costs: { ...known, [key]: measured } });
  return measured;
}

/** What planning costs are measured on: primes that suit the evaluator. */
const planningChain: Readonly<Record<EvaluatorKind, readonly number[]>> = {
  seal: [50, 60, 48, 60],
  kernel: [50, 50, 50, 50],
};

/**
 * Costs to plan by, for any degree: those of N = 8192 with three data primes on this machine, and in typical proportion
 * where they were not measured.
 */
export async function planningCosts(
  file = costsFile(),
  evaluator = defaultEvaluator,
): Promise<(degree: number, levels: number) => PrimitiveCosts> {
  requireCostSource("planningCosts", file, evaluator);
  const measured = await machineCosts(
    checkParameters({
      polyModulusDegree: 8192,
      coeffModulusBits: [...planningChain[evaluator]],
      scaleBits: 20,
    }),
    file,
    evaluator,
  );
  return (degree, levels) => {
    const known = typicalCosts(measured.polyModulusDegree, measured.rotate.length, evaluator);
    const typical = typicalCosts(degree, levels, evaluator);
    return costsOf(degree, (operation) => {
      const [own, usual] = [measured[operation].at(-1)!, known[operation].at(-1)!];
      // What SEAL's rotations share is nothing, on every machine.
      return typical[operation].map((cost) => (usual === 0 ? cost : cost * (own / usual)));
    });
  };
}

function requireCostSource(what: string, file: unknown, evaluator: EvaluatorKind): void {
  requireArgument(`${what}: file`, typeof file === "string", "a file's path", file);
  const isKind = evaluatorKinds.includes(evaluator);
  requireArgument(`${what}: evaluator`, isKind, evaluatorKinds.join(" or "), evaluator);
}

const hasLevels = (costs: PrimitiveCosts, levels: number) =>
  Object.values(costs).every((cost: unknown) => !Array.isArray(cost) || cost.length === levels);

type Cache = TypeOf<typeof cacheSchema>;

const isSame = (a: Machine, b: Machine) => JSON.stringify(a) === JSON.stringify(b);

async function readCache(file: string): Promise<Cache | undefined> {
  try {
    return cacheSchema.parse(JSON.parse(await readFile(file, "utf8")));
  } catch {
    // Not there yet, or not ours: it is measured and written anew.
    return undefined;
  }
}

async function writeCache(file: string, cache: Cache): Promise<void> {
  try {
    await makeFolder(dirname(file));
    await writeWholeFile(file, `${JSON.stringify(cache, undefined, 2)}\n`);
  } catch {
    // A cache that cannot be written costs a second next time, and nothing else.
  }
}
