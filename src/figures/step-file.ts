import { createHash } from "node:crypto";
import { readFile, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as z from "zod";
import { makeFolder } from "../he-ml/node/files/make-folder.js";
import { writeWholeFile } from "../he-ml/node/files/whole-file.js";
import type { KeptSteps, RunSettings } from "./measure-figure.js";
import type { Provenance } from "./provenance.js";
import type { Json } from "./research-figure.js";

const stepsSchema = z.object({ run: z.json(), steps: z.record(z.string(), z.json()) });

/** What a kept step belongs to: another run takes it only where all of this is the same. */
export interface StepsOf extends RunSettings, Pick<Provenance, "versions" | "machine" | "commit"> {
  readonly figure: string;
}

/** The steps of one figure's run, kept in a file that is written anew after each, so that it is never there half. */
export class StepFile implements KeptSteps {
  private constructor(
    private readonly path: string,
    private readonly run: Json,
    private readonly steps: Map<string, Json>,
  ) {}

  /**
   * What an earlier run of the same settings has left is taken up, unless it is to begin anew. What is no such file, or is of
   * other settings, counts as none.
   *
   * @param folder is made with the first step
   */
  static async open(folder: string, of: StepsOf, { fresh = false } = {}): Promise<StepFile> {
    const { figure, ...settings } = of;
    const run = JSON.parse(JSON.stringify(settings)) as Json;
    const digest = createHash("sha256").update(JSON.stringify(run)).digest("hex");
    const path = join(folder, `${figure}-${digest.slice(0, 12)}.json`);
    return new StepFile(path, run, fresh ? new Map() : await readSteps(path, run));
  }

  /** How many are kept. */
  get count(): number {
    return this.steps.size;
  }

  get(name: string): Json | undefined {
    return this.steps.get(name);
  }

  async put(name: string, result: Json): Promise<void> {
    this.steps.set(name, result);
    await makeFolder(dirname(this.path));
    await writeWholeFile(
      this.path,
      `${JSON.stringify({ run: this.run, steps: Object.fromEntries(this.steps) })}\n`,
    );
  }

  /** Takes the file away, and its folder if no other is in it. */
  async remove(): Promise<void> {
    await rm(this.path, { force: true });
    await rmdir(dirname(this.path)).catch(() => undefined);
  }
}

async function readSteps(path: string, run: Json): Promise<Map<string, Json>> {
  const text = await readFile(path, "utf8").catch(() => "");
  try {
    const kept = stepsSchema.parse(JSON.parse(text));
    const isSame = JSON.stringify(kept.run) === JSON.stringify(run);
    return new Map(isSame ? (Object.entries(kept.steps) as [string, Json][]) : []);
  } catch {
    return new Map();
  }
}
