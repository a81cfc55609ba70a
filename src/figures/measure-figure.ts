import { createHash } from "node:crypto";
import { requireOptions } from "../he-ml/arguments.js";
import { InputError } from "../he-ml/errors.js";
import { seededRandom } from "../train/random.js";
import { repeated } from "./repeated.js";
import { throughJson } from "./require-json.js";
import type { FigureData, FigureRun, Json, ResearchFigure } from "./research-figure.js";

/** Where results of steps are kept until the figure is made. */
export interface KeptSteps {
  get(name: string): Json | undefined;
  put(name: string, result: Json): Promise<void>;
}

/** How a figure is measured. */
export interface MeasureOptions {
  /** A smoke run, of a few seconds; false if left out. */
  readonly quick?: boolean;
  /** From 1 to 2^31 − 2; 1 if left out. */
  readonly seed?: number;
  /** How often what is not exact is measured; 5 if left out, 2 of a quick run. */
  readonly repeats?: number;
  readonly signal?: AbortSignal;
  /** Told of each step before it is done, or taken from where it is kept. */
  readonly onStep?: (step: string) => void;
  /** Where results are kept; nowhere if left out. */
  readonly steps?: KeptSteps;
}

/** What decides about a measurement, beside the library's version and the machine. */
export interface RunSettings {
  readonly quick: boolean;
  readonly seed: number;
  readonly repeats: number;
}

const mostSeed = 2 ** 31 - 2;
const mostRepeats = 1000;

/** What is left out, filled in. @throws InputError unless seed and repeats are whole numbers in their ranges */
export function runSettings(options: MeasureOptions): RunSettings {
  const { quick = false, seed = 1, repeats = quick ? 2 : 5 } = requireOptions("figures", options);
  requireWhole("seed", seed, mostSeed);
  requireWhole("repeats", repeats, mostRepeats);
  return { quick: Boolean(quick), seed, repeats };
}

function requireWhole(name: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  throw new InputError(`figures: ${name}: expected a whole number from 1 to ${most}, got ${String(value)}`);
}

/**
 * Measures what a figure shows.
 *
 * @throws InputError unless seed and repeats are whole numbers in their ranges
 * @throws Error if what was measured is nothing that JSON can hold, such as NaN
 * @throws the signal's reason when it aborts
 */
export async function measure<Data extends FigureData>(
  figure: ResearchFigure<Data>,
  options: MeasureOptions = {},
): Promise<Data> {
  const run = new Run(figure.name, runSettings(options), options);
  const { exact, measured } = await figure.measure(run);
  return { exact: throughJson("exact", exact), measured: throughJson("measured", measured) } as Data;
}

class Run implements FigureRun {
  readonly quick: boolean;
  readonly seed: number;
  readonly repeats: number;
  readonly signal?: AbortSignal;
  private readonly done = new Set<string>();

  constructor(
    private readonly figure: string,
    { quick, seed, repeats }: RunSettings,
    private readonly options: MeasureOptions,
  ) {
    this.quick = quick;
    this.seed = seed;
    this.repeats = repeats;
    this.signal = options.signal;
  }

  random(name: string): () => number {
    const digest = createHash("sha256")
      .update(JSON.stringify([this.seed, this.figure, name]))
      .digest();
    return seededRandom(digest.readUInt32LE());
  }

  async step<T extends Json>(name: string, work: () => Promise<T>): Promise<T> {
    const { signal, onStep, steps } = this.options;
    if (this.done.has(name)) throw new Error(`figures: ${this.figure} has two steps "${name}"`);
    this.done.add(name);
    signal?.throwIfAborted();
    onStep?.(name);
    const kept = steps?.get(name);
    if (kept !== undefined) return kept as T;
    const result = throughJson(`step "${name}"`, await work());
    await steps?.put(name, result);
    return result;
  }

  async repeat<Key extends string>(
    name: string,
    work: (repetition: number) => Promise<Readonly<Record<Key, number>>>,
  ) {
    const all: Readonly<Record<Key, number>>[] = [];
    for (let repetition = 0; repetition < this.repeats; repetition++) {
      all.push(await this.step(`${name} ${repetition + 1}`, () => work(repetition)));
    }
    const keys = Object.keys(all[0]) as Key[];
    return Object.fromEntries(keys.map((key) => [key, repeated(all.map((values) => values[key]))])) as Record<
      Key,
      ReturnType<typeof repeated>
    >;
  }
}
