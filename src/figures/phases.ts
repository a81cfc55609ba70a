import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { packageRoot } from "../he-ml/node/files/package-root.js";
import type { Figure } from "../viz/figure.js";
import { measuredBars } from "../viz/measured-bars.js";
import { stackedBars } from "../viz/service/stacked-bars.js";
import { megabytes, seconds } from "../viz/units.js";
import type { FigureTable, Repeated, ResearchFigure } from "./research-figure.js";
import { factsOf, programOf, type InferenceCase, type ProgramFacts } from "./timed-inference.js";

/** In the order in which they are stacked. */
const phaseNames = {
  keys: "key generation",
  compile: "compile",
  encode: "encode weights",
  encrypt: "encrypt",
  evaluate: "evaluate",
  decrypt: "decrypt",
} as const;

type Phase = keyof typeof phaseNames;

const phaseKeys = Object.keys(phaseNames) as Phase[];

/** Milliseconds of each phase; the most memory that the process had at any time. */
export type PhaseValues = Readonly<Record<Phase | "peakBytes", number>>;

type Case = ProgramFacts & { readonly images: number };

type Measured = Readonly<Record<Phase | "peakBytes", Pick<Repeated, keyof Repeated>>>;

type PhasesData = {
  readonly exact: { readonly cases: readonly Case[] };
  readonly measured: { readonly cases: readonly Measured[] };
};

type Given = InferenceCase & { readonly images: number };

const casesOf = (quick: boolean): Given[] =>
  quick
    ? [{ model: "breast-cancer", packing: "batch", images: 64 }]
    : (["mnist-small", "lenet1"] as const).flatMap((model): Given[] => [
        { model, packing: "packed", images: 1 },
        { model, packing: "batch", images: 4096 },
      ]);

/** Where time, bytes and memory go. */
export const phases: ResearchFigure<PhasesData> = {
  name: "phases",
  title: "Phases of encrypted inference",
  width: "column",
  caption:
    "Time of each phase, megabytes up, down and of keys, and memory of client and server together, for mnist-small and lenet1: one image " +
    "(packed), and 4,096 images (batch), in stages after those of the harness of https://github.com/fhe-benchmarking. One thread, a fresh " +
    "process for each measurement; a packed program is evaluated once before it is timed. A quick run takes the small model breast-cancer instead.",

  async measure(run) {
    const cases: Case[] = [];
    const measured: Measured[] = [];
    for (const given of casesOf(run.quick)) {
      cases.push({ ...factsOf(given, await programOf(given)), images: given.images });
      measured.push(await run.repeat(nameOf(given), () => measuredApart(given, run.signal)));
    }
    return { exact: { cases }, measured: { cases: measured } };
  },

  table({ exact, measured }): FigureTable {
    return {
      columns: [
        ...["model", "packing", "images"],
        ...phaseKeys.flatMap((phase) => [`${phase}_ms`, `${phase}_sd_ms`]),
        ...["up_bytes", "down_bytes", "keys_bytes", "peak_memory_bytes", "peak_memory_sd_bytes"],
      ],
      rows: exact.cases.map(({ model, packing, images, bytes }, i) => {
        const taken = measured.cases[i];
        return [
          ...[model, packing, images],
          ...phaseKeys.flatMap((phase) => [taken[phase].mean, taken[phase].standardDeviation]),
          ...[bytes.input, bytes.output, bytes.evaluationKeys],
          ...[taken.peakBytes.mean, taken.peakBytes.standardDeviation],
        ];
      }),
    };
  },

  draw({ exact, measured }) {
    const labels = exact.cases.map(nameOf);
    const ofPacking = (packing: string): Figure =>
      stackedBars(
        exact.cases.flatMap((given, i) =>
          given.packing === packing
            ? [
                {
                  label: labels[i],
                  parts: partsOf(phaseKeys, (phase) => measured.cases[i][phase].mean / 1000),
                },
              ]
            : [],
        ),
        phaseNames,
        {
          title: packing === "packed" ? "Phases of one image" : "Phases of a batch",
          caption: "client and server, one thread",
          axis: "time (s)",
          besideRows: 260,
          format: (value) => seconds(1000 * value),
        },
      );
    const travelling = stackedBars(
      exact.cases.map(({ bytes }, i) => ({
        label: labels[i],
        parts: { keys: bytes.evaluationKeys / 1e6, up: bytes.input / 1e6, down: bytes.output / 1e6 },
      })),
      { keys: "keys, once", up: "up", down: "down" },
      {
        title: "What travels",
        caption: "seeded, uncompressed",
        axis: "megabytes",
        format: (value) => megabytes(1e6 * value),
      },
    );
    const packings = [...new Set(exact.cases.map(({ packing }) => packing))];
    return [
      ...packings.map((packing) => ({ name: `time-${packing}`, figure: ofPacking(packing) })),
      { name: "megabytes", figure: travelling },
      {
        name: "memory",
        figure: measuredBars(
          exact.cases.map((_, i) => ({
            label: labels[i],
            value: measured.cases[i].peakBytes.mean / 1e6,
            interval: inMegabytes(measured.cases[i].peakBytes.confidence95),
          })),
          { title: "Memory of client and server", caption: "the most at any time", axis: "megabytes" },
        ),
      },
    ];
  },
};

const nameOf = ({ model, packing, images }: Given): string =>
  `${model}, ${packing}${images === 1 ? "" : ` of ${images}`}`;

const inMegabytes = ([low, high]: readonly [number, number]) => [low / 1e6, high / 1e6] as const;

const partsOf = (keys: readonly Phase[], of: (phase: Phase) => number): Record<string, number> =>
  Object.fromEntries(keys.map((key) => [key, of(key)]));

/** In a process of its own, which is built: it does not run from source. */
async function measuredApart(given: Given, signal?: AbortSignal): Promise<PhaseValues> {
  const script = join(packageRoot, "dist/figures/phases-process.js");
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(given)], { signal });
  return JSON.parse(stdout) as PhaseValues;
}
