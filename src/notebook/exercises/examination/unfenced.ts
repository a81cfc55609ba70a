import type { KernelLaunch } from "../../runner/kernel-process.js";
import { examinedVariable } from "../node/parent-examiner.js";

/** For someone's own notebook: the kernel as it is started otherwise, asking this process for questions. */
export function unfenced(env: Readonly<NodeJS.ProcessEnv>): Pick<KernelLaunch, "commandLine" | "env"> {
  const given = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    commandLine: (kernel) => kernel,
    env: { ...Object.fromEntries(given), [examinedVariable]: "1" },
  };
}
