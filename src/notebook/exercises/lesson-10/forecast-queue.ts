import { right, wrong, type Exercise, type Random } from "../exercise.js";
import { likelyMistake, type Mistake } from "../mistakes.js";
import { integer } from "../random.js";
import { numbers, responses } from "../responses.js";

/** Clients that ask a server at the same moment, in milliseconds; encrypting and decrypting is each client's own affair. */
export interface Rush {
  readonly clients: number;
  /** That compute, each one job at a time. */
  readonly processes: number;
  readonly encrypt: number;
  readonly upload: number;
  readonly evaluate: number;
  readonly download: number;
  readonly decrypt: number;
}

/** Formulas written in another way, and rounding. */
const tolerance = 0.02;

const rounds = ({ clients, processes }: Rush) => Math.ceil(clients / processes);
const waitOfLast = (rush: Rush) => (rounds(rush) - 1) * rush.evaluate;
const perSecond = ({ processes, evaluate }: Rush) => (1000 * processes) / evaluate;
const whole = ({ encrypt, upload, evaluate, download, decrypt }: Rush) =>
  encrypt + upload + evaluate + download + decrypt;

const waitMistakes: readonly Mistake<Rush>[] = [
  {
    gives: (rush) => rounds(rush) * rush.evaluate,
    says: () => "its own evaluation is counted as waiting; it waits for those before it",
  },
  {
    gives: ({ clients, evaluate }) => (clients - 1) * evaluate,
    says: ({ processes }) => `jobs are counted one after the other, and ${processes} run at a time`,
  },
  {
    gives: (rush) => (rounds(rush) - 1) * whole(rush),
    says: () => "encrypting, sending and decrypting do not hold a process up; only evaluating does",
  },
  {
    gives: ({ clients, processes, evaluate }) => (clients / processes - 1) * evaluate,
    says: () => "jobs go in rounds, and the last round is one, too, where it is not full: round up",
  },
];

const rateMistakes: readonly Mistake<Rush>[] = [
  {
    gives: ({ evaluate }) => 1000 / evaluate,
    says: ({ processes }) => `that is one process; there are ${processes}`,
  },
  {
    gives: (rush) => (1000 * rush.processes) / whole(rush),
    says: () =>
      "a process does not wait for a client's own work, nor for what travels: only evaluating holds it up",
  },
  {
    gives: (rush) => rush.processes / rush.evaluate,
    says: () => "that is each millisecond; it is to be each second",
  },
];

/** Forecast what a queue does from measured stages. */
export const forecastQueue: Exercise<
  readonly Rush[],
  (rush: Rush) => { readonly lastWaits: number; readonly perSecond: number },
  null,
  readonly (readonly number[] | undefined)[]
> = {
  id: "forecast-queue",
  lesson: "10",
  title: "forecast a queue from measured stages",
  points: 1,
  answer: "forecastQueue",
  hints: [
    "Which of the stages holds a process up, so that others wait for it? All clients are there at the same moment: how many jobs are done at a time?",
    "Jobs are done in Math.ceil(clients / processes) rounds of evaluate milliseconds each; the last one waits for all rounds but its own. In the long run each process gives 1000 / evaluate answers a second.",
    "return { lastWaits: (Math.ceil(clients / processes) - 1) * evaluate, perSecond: (1000 * processes) / evaluate };",
  ],
  draw: (random) => ({ question: drawRushes(random), secret: null }),
  ask: (answer, rushes) =>
    rushes.map((rush) => {
      const forecast = answer({ ...rush }) as ReturnType<typeof answer> | undefined;
      return forecast && [forecast.lastWaits, forecast.perSecond];
    }),
  judge(rushes, _, response) {
    const answers = responses("forecastQueue", response, rushes.length).map((answer) =>
      numbers("forecastQueue", answer, 2),
    );
    for (const [i, rush] of rushes.entries()) {
      const checks = [
        ["lastWaits", waitOfLast(rush), waitMistakes, 0],
        ["perSecond", perSecond(rush), rateMistakes, 1],
      ] as const;
      for (const [name, expected, mistakes, place] of checks) {
        const given = answers.map((answer) => answer[place]);
        if (Math.abs(given[i] - expected) <= tolerance * expected) continue;
        const mistake = likelyMistake(mistakes, rushes, given, i);
        const says = `${rush.clients} clients, ${rush.processes} processes, ${rush.evaluate} ms: ${name} is ${round(given[i])}, expected ${round(expected)}`;
        return mistake ? wrong(`${says}: ${mistake.says(rush)}`, 2) : wrong(says, 1);
      }
    }
    return right(`${rushes.length} rushes`);
  },
};

const round = (value: number) => Number(value.toPrecision(4));

/** None comes out even, and there are always clients that wait. */
function drawRushes(random: Random): Rush[] {
  return [2, 3, 4].map((processes) => ({
    clients: processes * integer(random, 3, 9) + integer(random, 1, processes - 1),
    processes,
    encrypt: integer(random, 8, 20),
    upload: integer(random, 10, 200),
    evaluate: integer(random, 15, 60),
    download: integer(random, 5, 40),
    decrypt: integer(random, 1, 5),
  }));
}
