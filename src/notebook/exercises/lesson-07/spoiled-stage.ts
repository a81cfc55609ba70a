import { right, wrong, type Exercise, type Random } from "../exercise.js";
import { integer } from "../random.js";
import { responses, shown } from "../responses.js";

/** A stage's typical error, as the plan predicted it, and as a run that was split there showed it. */
export interface StageErrors {
  readonly name: string;
  readonly predicted: number;
  readonly measured: number;
}

/**
 * Which stage of a plan spoils its error? The errors are drawn by a model of how they grow (`drawRun`), and no run measured
 * them: for that, each check would have to compile and run four networks.
 */
export const spoiledStage: Exercise<
  readonly (readonly StageErrors[])[],
  (stages: StageErrors[]) => string,
  readonly string[],
  readonly (string | undefined)[]
> = {
  id: "spoiled-stage",
  lesson: "07",
  title: "the stage that spoils the error",
  points: 2,
  answer: "spoiledStage",
  hints: [
    "Errors grow from stage to stage in a healthy run, too: by how much is in the plan. What would you compare, to see that a stage is worse than it was planned?",
    "measured / predicted is about 1 as long as all is well. Behind the spoiled stage all later ones are off, too, as they are given its error. Which is the first?",
    "return stages.find(({ predicted, measured }) => measured > 3 * predicted)!.name;",
  ],
  draw(random) {
    for (;;) {
      const runs = [0, names.length - 1, integer(random, 1, 2), integer(random, 2, 3)].map((culprit) =>
        drawRun(random, culprit),
      );
      const refutes = (way: Way) => runs.some(({ stages, spoiled }) => stages[way(stages)].name !== spoiled);
      if (!ways.every(([way]) => refutes(way))) continue;
      return { question: runs.map(({ stages }) => stages), secret: runs.map(({ spoiled }) => spoiled) };
    }
  },
  ask: (answer, plans) => plans.map((stages) => answer(stages.map((stage) => ({ ...stage })))),
  judge(plans, spoiled, response) {
    const answers = responses("spoiledStage", response, plans.length);
    const at = answers.findIndex((answer, i) => answer !== spoiled[i]);
    if (at < 0) return right(`found in ${plans.length} runs`);
    const [stages, answer] = [plans[at], answers[at]];
    const path = stages.map(({ name }) => name).join(" → ");
    const position = stages.findIndex(({ name }) => name === answer);
    if (position < 0) return wrong(`${path}: ${shown(answer)} is no stage; return the name of one`, 1);
    const says = `${path}: ${shown(answer)} it is not`;
    const why = whyNot(plans, answers as string[], at);
    return why === undefined ? wrong(says, 1) : wrong(`${says}: ${why}`, 2);
  },
};

const ratio = ({ measured, predicted }: StageErrors) => measured / predicted;
const most = (stages: readonly StageErrors[], by: (stage: StageErrors, i: number) => number) =>
  stages.reduce((best, stage, i) => (by(stage, i) > by(stages[best], best) ? i : best), 0);

type Way = (stages: readonly StageErrors[]) => number;

const growth: Way = (stages) =>
  most(stages, ({ measured }, i) => (i === 0 ? 0 : measured / stages[i - 1].measured));

/** Wrong ways to a stage, of which the first that leads to all answers is taken to be the one. */
const ways: readonly (readonly [Way, string])[] = [
  [
    (stages) => most(stages, ({ measured }) => measured),
    "its error is the largest, but the plan has it larger there, too; compare with what was predicted",
  ],
  [
    (stages) => most(stages, ratio),
    "it is furthest off its prediction, but it was given an error by a stage before it; look for the first",
  ],
  [growth, "there the error grows most, but so it does in the plan; compare with what was predicted"],
  [
    (stages) => most(stages, ({ measured, predicted }) => measured - predicted),
    "errors differ most there in absolute terms, but they are larger there anyway; take the quotient",
  ],
  [
    (stages) => stages.length - 1,
    "that is the last stage, where all errors end; look for the first that is off",
  ],
];

function whyNot(plans: readonly (readonly StageErrors[])[], answers: readonly string[], at: number) {
  const agrees = (way: Way, i: number) => plans[i][way(plans[i])].name === answers[i];
  const ofAll = ways.find(([way]) => plans.every((_, i) => agrees(way, i)));
  return (ofAll ?? ways.find(([way]) => agrees(way, at)))?.[1];
}

const names = ["conv1+square1", "pool1+conv2+square2", "pool2+fc1+square3", "fc2+square4", "fc3"];

/**
 * A healthy stage is off its prediction by less than 1.4 times, a spoiled one and those behind it by more than 3.5. What a
 * spoiled stage adds is no chance, so that later stages may add it up to more than they were planned for.
 */
function drawRun(random: Random, culprit: number): { stages: readonly StageErrors[]; spoiled: string } {
  const between = (least: number, largest: number) => least + (largest - least) * random();
  for (;;) {
    const factor = between(8, 20);
    const stages: StageErrors[] = [];
    let [predicted, measured] = [0, 0];
    for (const [i, name] of names.entries()) {
      const gain = between(1.5, 12);
      const own = i === 0 ? between(1e-5, 4e-5) : gain * predicted * between(0.2, 1);
      predicted = Math.hypot(gain * predicted, own);
      const addedUp = i > culprit ? between(1, 1.8) : between(0.9, 1.1);
      measured = Math.hypot(addedUp * gain * measured, own * (i === culprit ? factor : between(0.9, 1.1)));
      stages.push({ name, predicted, measured });
    }
    if (isClear(stages, culprit)) return { stages, spoiled: names[culprit] };
  }
}

const isClear = (stages: readonly StageErrors[], culprit: number): boolean =>
  stages.every((stage, i) =>
    i < culprit ? Math.abs(Math.log(ratio(stage))) < Math.log(1.4) : ratio(stage) > 3.5,
  );
