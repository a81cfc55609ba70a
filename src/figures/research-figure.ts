import type { Figure } from "../viz/figure.js";
import type { PrintWidth } from "../viz/print.js";

/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A quantity that was measured several times. */
export interface Repeated {
  readonly values: readonly number[];
  readonly mean: number;
  /** Of a sample: divided by n − 1; 0 for a single value. */
  readonly standardDeviation: number;
  /** Student's 95 % confidence interval of the mean; both ends are the mean for a single value. */
  readonly confidence95: readonly [number, number];
}

/**
 * What a figure shows. The same seed, repeats and version give the same `exact` on any machine: plans, counts, sizes, training.
 * In `measured` stands what time or the randomness of encryption makes different from run to run: milliseconds, errors, and
 * predictions that go by costs measured on the machine.
 */
export interface FigureData {
  readonly exact: Json;
  readonly measured: Json;
}

/** Rows of the figure's CSV file; a column's name ends with its unit, as in `evaluate_ms`. */
export interface FigureTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** What a measurement is given. */
export interface FigureRun {
  /** A smoke run: the least that shows that everything works, a few seconds a figure. */
  readonly quick: boolean;
  /** From 1 to 2^31 − 2. */
  readonly seed: number;
  /** How often what is not exact is measured. */
  readonly repeats: number;
  readonly signal?: AbortSignal;
  /** Numbers from 0 to 1 of the run's seed, another sequence for each name. */
  random(name: string): () => number;
  /**
   * One part of the work, whose result is kept on disk as soon as it is there: a run that was interrupted takes it from there.
   * Reports progress under its name, which no other step of the figure may have.
   */
  step<T extends Json>(name: string, work: () => Promise<T>): Promise<T>;
  /**
   * Repeats a step's measurement, and says what its values come to; `name` is followed by the repetition's number, from 1.
   * `work` is told it from 0, and gives the same keys each time.
   */
  repeat<Key extends string>(
    name: string,
    work: (repetition: number) => Promise<Readonly<Record<Key, number>>>,
  ): Promise<Readonly<Record<Key, Repeated>>>;
}

/** One of a figure's drawings; its name is added to the file's. */
export interface FigurePanel {
  readonly name: string;
  readonly figure: Figure;
  /** How wide it is on paper: a column of two (85 mm), or the page (175 mm); the figure's own, if left out. */
  readonly width?: PrintWidth;
}

/** A figure of a paper's evaluation: how its data is measured, and how it is drawn from that data alone. */
export interface ResearchFigure<Data extends FigureData = FigureData> {
  /** On the command line and in file names, as in "error-per-layer". */
  readonly name: string;
  readonly title: string;
  /** One to three sentences: what is shown, on what, and how it was measured. */
  readonly caption: string;
  /** "full" if left out. */
  readonly width?: PrintWidth;
  measure(run: FigureRun): Promise<Data>;
  table(data: Data): FigureTable;
  draw(data: Data): Figure | readonly FigurePanel[];
}
