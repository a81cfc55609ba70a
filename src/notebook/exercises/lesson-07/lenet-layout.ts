import * as z from "zod";
import { InputError } from "../../../he-ml/errors.js";
import {
  averagePoolLayer,
  convolutionalLayer,
  defineModel,
  flattenLayer,
  linearLayer,
  modelForward,
  squareLayer,
  tensor,
  type Model,
} from "../../../he-ml/index.js";
import { stagesOf } from "../../../he-ml/planner/stages/stages.js";
import { seededRandom } from "../../../he-ml/toy-ckks/index.js";
import { right, wrong, type Exercise, type Random, type Verdict } from "../exercise.js";
import { integer } from "../random.js";
import { shown } from "../responses.js";
import {
  computeStage,
  heldBy,
  pooled,
  rotationsOf,
  slots,
  type Computed,
  type HandStage,
} from "./hand-stage.js";

/** How one stage of LeNet-1 is laid out and rotated. */
export interface StageByHand {
  /** In which slot, or slots, a value of its output is to stand. */
  slotOf(channel: number, y: number, x: number): number | number[];
  readonly babies: number[];
  readonly giants: number[];
  /** Rotate-and-add steps before the products: the pooling; none leaves the pooling to the products. */
  readonly sums?: number[];
  /** Rotate-and-add steps behind the products. */
  readonly folds?: number[];
}

/** LeNet-1 in slots: the client packs the image as `image` says, and each stage reads what the one before left. */
export interface LayoutByHand {
  image(y: number, x: number): number | number[];
  readonly conv1: StageByHand;
  readonly conv2: StageByHand;
  readonly fc1: StageByHand;
}

const names = ["conv1", "conv2", "fc1"] as const;
const shapes = { image: [1, 28, 28], conv1: [4, 24, 24], conv2: [12, 8, 8], fc1: [10, 1, 1] } as const;
const budget = { rotate: 50 };

const places = z
  .array(
    z
      .array(
        z
          .int()
          .min(0)
          .max(slots - 1),
      )
      .max(slots),
  )
  .max(4096);
const steps = (most: number) => z.array(z.int().min(-slots).max(slots)).max(most);
const stageSchema = z.strictObject({
  sums: steps(12),
  babies: steps(400).min(1),
  giants: steps(400).min(1),
  folds: steps(12),
  outputs: places,
});
const layoutSchema = z.strictObject({ image: places, stages: z.array(stageSchema).length(names.length) });
type Layout = z.infer<typeof layoutSchema>;

/** LeNet-1's layers in slots, laid out by hand, with as few rotations as can be. */
export const lenetLayout: Exercise<null, () => LayoutByHand, number, Layout | undefined> = {
  id: "lenet-layout",
  lesson: "07",
  title: "LeNet-1 by hand in 50 rotations or fewer",
  points: 4,
  answer: "lenetLayout",
  hints: [
    "Start with the layout in rows and look at the stage with most rotations. Which pairs of baby and giant steps do its weights really need, and which of its steps come from gaps that the pooling left?",
    "fc1: let folds sum up the 64 positions of a channel, so that the products need only bring channels together. conv2: put the pixels of a pooling window 1024 slots apart, so that the sums 1024 and 2048 leave four copies of each pooled value, without gaps.",
    "Phases: image (y, x) stands at 256·(2·(y%2) + x%2) + 16·⌊y/2⌋ + ⌊x/2⌋ and again 1024, 2048 and 3072 further on; conv1's (c, y, x) at 1024·(2·(y%2) + x%2) + 256·c + 16·⌊y/2⌋ + ⌊x/2⌋; " +
      "conv2's at 1024·⌊c/3⌋ + 256·(c%3) + 16·y + x; fc1's c at 256·c. conv1 has the baby steps 16·i + 256·j (i < 3, j < 2) and the giant steps i + 512·j, conv2 the same with i < 5 and the sums 1024 and 2048, " +
      "fc1 the baby steps 256·j, the giant steps 1024·j (j < 4) and the folds 1, 2, 4, 16, 32 and 64.",
  ],
  budget,
  par: { rotate: 45 },
  draw: (random) => ({ question: null, secret: integer(random, 0, 2 ** 31) }),
  ask(answer) {
    const layout = answer() as LayoutByHand | undefined;
    if (layout === undefined) return undefined;
    return {
      image: placesOf(shapes.image, (_, y, x) => layout.image(y, x)),
      stages: names.map((name) => {
        const { sums = [], babies, giants, folds = [], slotOf } = layout[name];
        return { sums, babies, giants, folds, outputs: placesOf(shapes[name], slotOf) };
      }),
    };
  },
  judge(_, seed, response) {
    const parsed = layoutSchema.safeParse(response);
    if (!parsed.success) {
      const [{ path, message }] = parsed.error.issues;
      throw new InputError(
        `lenetLayout: expected slots from 0 to ${slots - 1} and lists of steps, got ${shown(response)} (${path.slice(0, 3).join(".")}: ${message}); ` +
          `return { image, conv1, conv2, fc1 }`,
      );
    }
    return judgeLayout(parsed.data, seededRandom(seed));
  },
};

function placesOf(
  [channels, height, width]: readonly [number, number, number],
  slotOf: (channel: number, y: number, x: number) => number | number[],
): number[][] {
  return Array.from({ length: channels * height * width }, (_, i) =>
    [slotOf(Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width)].flat(),
  );
}

function judgeLayout(layout: Layout, random: Random): Verdict {
  const model = randomLenet(random);
  const image = Array.from({ length: 784 }, () => integer(random, -4, 4));
  const expected = modelForward(model, tensor([1, 1, 28, 28], image)).at(-1)!.data;
  let last: Computed;
  try {
    last = computeLayout(model, layout, image, random);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return wrong(error.message, 1);
  }
  const at = expected.findIndex((value, digit) => {
    const slot = last.held.indexOf(digit);
    return slot < 0 || Math.abs(last.values[slot] - value) > tolerance * Math.max(1, Math.abs(value));
  });
  if (at >= 0) return wrong(`logit ${at} is not what LeNet-1 computes`, 1);
  const each = layout.stages.map(rotationsOf);
  const cost = { rotate: each.reduce((all, some) => all + some, 0) };
  const says = `${cost.rotate} rotations (conv1 ${each[0]}, conv2 ${each[1]}, fc1 ${each[2]})`;
  if (cost.rotate <= budget.rotate) return right(says, cost);
  return {
    ...wrong(`right logits, too many rotations: ${says}, and the budget is ${budget.rotate}`, 2),
    cost,
  };
}

/** Weights and pixels are small whole numbers: what is off is wrong, and not rounded. */
const tolerance = 1e-6;

function computeLayout(model: Model, layout: Layout, image: readonly number[], random: Random): Computed {
  const held = heldBy("image", layout.image);
  // What a slot holds beside the image is nobody's business, and must not reach a logit.
  const values = Float64Array.from(held, (value) => (value < 0 ? integer(random, 5, 99) : image[value]));
  let current: Computed = { values, held };
  let from = 0;
  for (const [i, stage] of layout.stages.entries()) {
    const name = names[i];
    const pool = poolBefore[name];
    const isPooled = stage.sums.length > 0;
    if (isPooled) current = pooledBefore(name, stage, pool, current);
    const ends = model.layers.findIndex((layer) => layer.name === name);
    const fused = stagesOf(model, {
      layers: model.layers.map((_, layer) => layer).slice(isPooled && pool ? from + 1 : from, ends + 1),
    });
    current = computeStage(name, fused[0].map!, stage, current);
    if (name !== "fc1") current = { ...current, values: current.values.map((value) => value ** 2) };
    from = ends + 2;
  }
  return current;
}

const poolBefore = {
  conv1: undefined,
  conv2: { channels: 4, side: 24 },
  fc1: { channels: 12, side: 8 },
} as const;

function pooledBefore(
  name: string,
  { sums }: HandStage,
  pool: { readonly channels: number; readonly side: number } | undefined,
  { values, held }: Computed,
): Computed {
  if (!pool) throw new InputError(`${name}: no pooling stands before it; leave sums out`);
  const { channels, side } = pool;
  const half = side / 2;
  const windows = Array.from({ length: channels * half * half }, (_, i) => {
    const [channel, y, x] = [Math.floor(i / (half * half)), Math.floor(i / half) % half, i % half];
    const corner = side * side * channel + 2 * side * y + 2 * x;
    return [corner, corner + 1, corner + side, corner + side + 1];
  });
  let added = values;
  for (const step of sums) {
    const before = added;
    added = before.map((value, slot) => value + before[(((slot + step) % slots) + slots) % slots]);
  }
  return { values: added.map((value) => value / 4), held: pooled(name, held, sums, windows) };
}

/** LeNet-1 with weights that nobody has seen before. */
function randomLenet(random: Random): Model {
  const weights = (...shape: number[]) =>
    tensor(
      shape,
      Array.from(
        { length: shape.reduce((size, side) => size * side, 1) },
        () => 2 * integer(random, -4, 3) + 1,
      ),
    );
  return defineModel({
    name: "lenet1",
    inputShape: [1, 28, 28],
    layers: [
      convolutionalLayer({ name: "conv1", weights: weights(4, 1, 5, 5), bias: weights(4) }),
      squareLayer({ name: "square1" }),
      averagePoolLayer({ name: "pool1", kernelSize: 2 }),
      convolutionalLayer({ name: "conv2", weights: weights(12, 4, 5, 5), bias: weights(12) }),
      squareLayer({ name: "square2" }),
      averagePoolLayer({ name: "pool2", kernelSize: 2 }),
      flattenLayer({ name: "flatten" }),
      linearLayer({ name: "fc1", weights: weights(10, 192), bias: weights(10) }),
    ],
  });
}
