import { transformCosts, type LinearTransform } from "../../../he-ml/planner/matvec/linear-transform.js";
import { rotationNeeds } from "../../../he-ml/planner/matvec/rotation-needs.js";
import { right, wrong, type Exercise, type Random } from "../exercise.js";
import { likelyMistake, type Mistake } from "../mistakes.js";
import { integer } from "../random.js";
import { numbers, responses } from "../responses.js";

/** What a plan says of one stage, in small: steps in slots, and how many ciphertexts there are. */
export interface StageInSmall {
  readonly inputs: number;
  readonly outputs: number;
  /** Each input is added to itself, rotated by so much, one step after the other: before all products. */
  readonly sums: readonly number[];
  /** By which each input is rotated before products. */
  readonly babies: readonly number[];
  /** By which what is added up of each output is rotated behind products. */
  readonly giants: readonly number[];
  /** As `sums`, of each output behind all. */
  readonly folds: readonly number[];
  readonly activation: "square" | "none";
}

export type PlanInSmall = readonly StageInSmall[];

export interface Bill {
  readonly rotations: number;
  readonly keys: number;
  readonly levels: number;
}

const parts = ["rotations", "keys", "levels"] as const;

/** Forecast the rotations, keys and levels of a plan by its steps. */
export const forecastBill: Exercise<
  readonly PlanInSmall[],
  (stages: StageInSmall[]) => Bill,
  null,
  readonly (readonly number[] | undefined)[]
> = {
  id: "forecast-bill",
  lesson: "07",
  title: "forecast the bill of a plan",
  points: 2,
  answer: "forecastBill",
  hints: [
    "Which of the steps move nothing? Which are done once for each input ciphertext, and which for each output? And who needs a new key: every rotation, or every step?",
    "A step of 0 costs nothing. Sums and babies rotate each input, giants and folds each output. A key belongs to a step, wherever it is used again. A square costs a level, a linear stage none.",
    "const real = (steps: readonly number[]) => steps.filter((step) => step !== 0); a stage rotates inputs * (real(sums).length + real(babies).length) + outputs * (real(giants).length + real(folds).length) times; " +
      'keys is the size of one Set of all these steps; levels is stages.filter(({ activation }) => activation === "square").length.',
  ],
  draw: (random) => ({ question: [drawPlan(random, 2), drawPlan(random, 3)], secret: null }),
  ask: (answer, plans) =>
    plans.map((plan) => {
      const bill = answer(plan.map((stage) => ({ ...stage }))) as Bill | undefined;
      return bill && parts.map((part) => bill[part]);
    }),
  judge(plans, _, response) {
    const answers = responses("forecastBill", response, plans.length).map((answer) =>
      numbers("forecastBill", answer, parts.length),
    );
    for (const [place, part] of parts.entries()) {
      const given = answers.map((answer) => answer[place]);
      const at = plans.findIndex((plan, i) => given[i] !== billOf(plan)[part]);
      if (at < 0) continue;
      const says = `a plan of ${plans[at].length} stages: ${part} is ${given[at]}, expected ${billOf(plans[at])[part]}`;
      const mistake = likelyMistake(mistakes[part], plans, given, at);
      return mistake ? wrong(`${says}: ${mistake.says(plans[at])}`, 2) : wrong(says, 1);
    }
    return right(`the bills of ${plans.length} plans`);
  },
};

/** As the planner counts. */
function billOf(plan: PlanInSmall): Bill {
  const transforms = plan.map(transformOf);
  return {
    rotations: total(transforms.map((transform) => transformCosts(transform).rotations)),
    keys: rotationNeeds(transforms.map((transform) => ({ transform, level: 1 }))).length,
    levels: plan.filter(({ activation }) => activation === "square").length,
  };
}

function transformOf({ inputs, outputs, sums, babies, giants, folds }: StageInSmall): LinearTransform {
  const none = { map: nothing, output: [], entries: new Int32Array(0) };
  const pairs = (count: number) => Array.from({ length: count }, (_, i) => i);
  return {
    ...{ map: nothing, inputs, outputs, output: [] },
    poolSums: sums.map((step) => [step]),
    folds: folds.map((step) => [step]),
    diagonals: pairs(inputs).flatMap((input) =>
      pairs(outputs).flatMap((output) =>
        babies.flatMap((baby) =>
          giants.map((giant) => ({ input, output, baby, giant, entries: none.entries })),
        ),
      ),
    ),
  };
}

const nothing = {
  ...{ rows: 0, columns: 0 },
  rowStarts: new Int32Array(1),
  columnOf: new Int32Array(0),
  weights: new Float64Array(0),
  bias: new Float64Array(0),
};

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
const real = (steps: readonly number[]) => steps.filter((step) => step !== 0);
const stepsOf = ({ sums, babies, giants, folds }: StageInSmall) =>
  real([...sums, ...babies, ...giants, ...folds]);

const mistakes: Readonly<Record<keyof Bill, readonly Mistake<PlanInSmall>[]>> = {
  rotations: [
    {
      gives: (plan) =>
        total(
          plan.map(
            ({ inputs, outputs, sums, babies, giants, folds }) =>
              inputs * (sums.length + babies.length) + outputs * (giants.length + folds.length),
          ),
        ),
      says: () => "steps of 0 are counted, but they move nothing",
    },
    {
      gives: (plan) => total(plan.map((stage) => stepsOf(stage).length)),
      says: () => "each step is counted once, but a stage with several ciphertexts rotates each of them",
    },
    {
      gives: (plan) =>
        total(
          plan.map(
            ({ inputs, outputs, sums, babies, giants, folds }) =>
              inputs * (sums.length + real(babies).length) +
              outputs * folds.length +
              inputs * outputs * real(giants).length,
          ),
        ),
      says: () =>
        "giant steps are counted for each input, but they rotate sums in which the products of all inputs are added up",
    },
    {
      gives: (plan) =>
        total(
          plan.map(
            ({ inputs, outputs, sums, babies, giants, folds }) =>
              inputs * sums.length +
              inputs * outputs * (babies.length * giants.length - 1) +
              outputs * folds.length,
          ),
        ),
      says: () => "each diagonal is rotated by itself, but the diagonals of one baby step share its rotation",
    },
  ],
  keys: [
    {
      gives: (plan) => billOf(plan).rotations,
      says: () => "that is one for each rotation, but all rotations by one step use the same key",
    },
    {
      gives: (plan) => total(plan.map((stage) => new Set(stepsOf(stage)).size)),
      says: () => "steps of several stages are counted in each, but a key is made once for the program",
    },
    {
      gives: (plan) => billOf(plan).keys + 1,
      says: () => "one more: is 0 among the steps? It needs no key",
    },
  ],
  levels: [
    {
      gives: (plan) => plan.length,
      says: () => "a level for each stage, but a stage without a square is not rescaled",
    },
    {
      gives: (plan) => 2 * billOf(plan).levels,
      says: () =>
        "a level for the products and one for the square; the planner rescales once, behind the square",
    },
  ],
};

/** The first stage has several inputs, the second several outputs; some steps are those of both. */
function drawPlan(random: Random, length: number): PlanInSmall {
  const unit = 2 ** integer(random, 3, 5);
  return Array.from({ length }, (_, i) => {
    const babies = integer(random, 3, 5);
    const giants = integer(random, 2, 4);
    return {
      inputs: i === 0 ? integer(random, 2, 4) : i === 1 ? 1 : 3,
      outputs: i === 1 ? 3 : integer(random, 1, 2),
      sums: i === 0 ? [] : [16 * unit, 32 * unit],
      babies: Array.from({ length: babies }, (_, step) => step),
      giants: Array.from({ length: giants }, (_, step) => step * unit * (i + 1)),
      folds: i === length - 1 ? [64 * unit, 32 * unit, 16 * unit].slice(0, integer(random, 1, 3)) : [],
      activation: i === length - 1 ? "none" : "square",
    };
  });
}
