import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** Lets tests plan by what operations typically cost: to measure what they cost here takes seconds for each chain. */
export async function keepTypicalCosts() {
  const { costsFile, thisMachine } = await import("../../dist/he-ml/node/calibration/machine-costs.js");
  const { typicalCosts } = await import("../../dist/he-ml/index.js");
  const costs = [1024, 2048, 4096, 8192, 16_384, 32_768].flatMap((degree) =>
    Array.from({ length: 20 }, (_, i) => [
      `seal, ${degree}, ${i + 1} data primes`,
      typicalCosts(degree, i + 1, "seal"),
    ]),
  );
  costs.push(["kernel, 8192, 3 data primes", typicalCosts(8192, 3, "kernel")]);
  await mkdir(dirname(costsFile()), { recursive: true });
  await writeFile(costsFile(), JSON.stringify({ machine: thisMachine(), costs: Object.fromEntries(costs) }));
}
