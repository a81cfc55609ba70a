import { readFile } from "node:fs/promises";
import { availableParallelism, cpus, homedir, tmpdir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import * as z from "zod";
import { requireArgument } from "../../arguments.js";
import { defaultEvaluator, evaluatorKinds, type EvaluatorKind } from "../../crypto/evaluator-kind.js";
import { checkParameters, requireParameters, type CkksParameters } from "../../crypto/parameters.js";
import { sealVersion } from "../../crypto/wasm-stack.js";
import type { TypeOf } from "../../schema.js";
import { testKernels } from "../../kernels/self-test.js";
import type { RotationCosts } from "../../planner/matvec/rotation-costs.js";
import {
  costsOf,
  costsOnChain,
  primitiveCostsSchema,
  rotationCosts,
  typicalCosts,
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
 * there. Without a folder to write to they are measured every time. Those of the kernel evaluator are measured on primes that
 * are fast, once for all parameters.
 *
 * @throws InputError unless these are parameters, a path and an evaluator
 */
export async function machineCosts(
  parameters: CkksParameters,
  file = costsFile(),
  evaluator = defaultEvaluator,
): Promise<PrimitiveCosts> {
  requireParameters("machineCosts", parameters);
  requireCostSource("machineCosts", file, evaluator);
  if (evaluator === "seal") return measuredCosts(parameters, file, evaluator);
  const { polyModulusDegree, levels, coeffModulusBits } = parameters;
  const costs = (await planningCosts(file, evaluator))(polyModulusDegree, levels);
  return costsOnChain(costs, coeffModulusBits, evaluator);
}

async function measuredCosts(
  parameters: CkksParameters,
  file: string,
  evaluator: EvaluatorKind,
): Promise<PrimitiveCosts> {
  const machine = thisMachine();
  const cached = await readCache(file);
  const known = cached && isSame(cached.machine, machine) ? cached.costs : {};
  const key = `${evaluator}, ${parameters.polyModulusDegree}, ${parameters.levels} data primes`;
  if (known[key] && hasLevels(known[key], parameters.levels)) return known[key];
  const measured = await measureCosts(parameters, evaluator);
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
 * where they were not measured. Where the kernels cannot run, theirs are typical ones.
 *
 * @throws InputError unless these are a path and an evaluator
 */
export async function planningCosts(
  file = costsFile(),
  evaluator = defaultEvaluator,
): Promise<(degree: number, levels: number) => PrimitiveCosts> {
  requireCostSource("planningCosts", file, evaluator);
  if (evaluator === "kernel" && !(await testKernels()).kind) {
    return (degree, levels) => typicalCosts(degree, levels, evaluator);
  }
  const parameters = checkParameters({
    polyModulusDegree: 8192,
    coeffModulusBits: [...planningChain[evaluator]],
    scaleBits: 20,
  });
  const measured = await measuredCosts(parameters, file, evaluator);
  return (degree, levels) => inProportion(measured, degree, levels, evaluator);
}

/** Typical costs, each as many times larger as measured ones are at their top level. */
function inProportion(
  measured: PrimitiveCosts,
  degree: number,
  levels: number,
  evaluator: EvaluatorKind,
): PrimitiveCosts {
  const top = measured.rotate.length;
  const usual = typicalCosts(measured.polyModulusDegree, top, evaluator);
  const typical = typicalCosts(degree, levels, evaluator);
  // What SEAL's rotations share is nothing, on every machine.
  const times = (own: number, usually: number) => (usually === 0 ? 1 : own / usually);
  const [ownRotation, usualRotation] = [measured, usual].map((costs) => rotationCosts(costs, top));
  const rotate = typical.rotate.map((_, i) => {
    const parts = rotationCosts(typical, i + 1);
    const partsInProportion = (Object.keys(parts) as (keyof RotationCosts)[]).map(
      (part) => parts[part] * times(ownRotation[part], usualRotation[part]),
    );
    return partsInProportion.reduce((sum, part) => sum + part, 0);
  });
  return costsOf(degree, (operation) => {
    if (operation === "rotate") return rotate;
    const factor = times(measured[operation].at(-1)!, usual[operation].at(-1)!);
    return typical[operation].map((cost) => cost * factor);
  });
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
