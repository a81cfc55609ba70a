import { headroomBits } from "../crypto/noise.js";
import { formatChain } from "../crypto/parameters.js";
import type { LevelAndScale } from "../crypto/ciphertext.js";
import { InputError } from "../errors.js";
import { imageAt, maxAbs, reshape, type Tensor } from "../tensor/tensor.js";
import { packedSamples } from "./errors/samples.js";
import { runSlots, type SlotStage } from "./errors/slot-run.js";
import type { FullSlotLayout } from "./layout/full-slot-layout.js";
import type { Plan, PlannedStage } from "./plan.js";
import { activatedState, rescaledState, stageStates } from "./scales/stage-state.js";

/**
 * Whether every number that the plan computes of these images, partial sums included, fits into the modulus that is left
 * where it stands: what does not wraps around, and comes back as garbage.
 *
 * @param images `[n, …inputShape]` for a plan that a client encrypts for
 * @throws InputError naming the stage, the image and the room there is
 */
export function requireRoom(plan: Plan, images: Tensor): void {
  const { stages } = plan;
  const slotStages = stages.map(({ transform, output, activation }): SlotStage => ({
    transform,
    output: output as FullSlotLayout,
    activation,
  }));
  for (let image = 0; image < images.shape[0]; image++) {
    const one = reshape(imageAt(images, image), [1, ...plan.inputShape]);
    const [slots] = packedSamples(one, plan.input as FullSlotLayout, [0, 0]);
    const run = runSlots(slotStages, slots);
    let state = plan.start;
    requireFits(plan, "the input", image, maxAbsOf(slots), state);
    stages.forEach((stage, i) => {
      for (const [largest, at] of largestAt(
        plan,
        stage,
        state,
        maxAbsOf(run.outputs[i]),
        maxAbsOf(run.activated[i]),
      )) {
        requireFits(plan, `stage "${stage.name}"`, image, largest, at);
      }
      state = stageStates(plan.parameters, stage, state).output;
    });
  }
}

/** The largest magnitudes in a stage, each with where it stands. */
function largestAt(
  { parameters }: Plan,
  stage: PlannedStage,
  input: LevelAndScale,
  computed: number,
  activated: number,
): [number, LevelAndScale][] {
  const { product, output } = stageStates(parameters, stage, input);
  const before = rescaledState(parameters, product, stage.rescalesBefore);
  const { activation } = stage;
  if (!activation)
    return [
      [computed, product],
      [activated, output],
    ];
  const shifted = computed + (activation.kind === "square" ? Math.abs(activation.shift) : 0);
  return [
    [computed, product],
    // A square stands at its own scale until a factor is declared.
    ...(activation.kind === "square"
      ? [[shifted ** 2, { level: before.level, scale: before.scale ** 2 }] as [number, LevelAndScale]]
      : []),
    [activated, activatedState(parameters, activation, before).state],
    [activated, output],
  ];
}

function requireFits(
  { parameters }: Plan,
  where: string,
  image: number,
  largest: number,
  { level, scale }: LevelAndScale,
): void {
  if (largest === 0 || headroomBits(parameters, level, scale, largest) >= 0) return;
  const room = largest * 2 ** headroomBits(parameters, level, scale, largest);
  throw new InputError(
    `image ${image}: ${where}: values up to ${largest.toPrecision(3)}, there is room for ${room.toPrecision(3)} at level ` +
      `${level} of ${formatChain(parameters)}; compile with { samples } or { valueRanges } that hold such values, ` +
      `or bring the images to the range that the program was made for`,
  );
}

const maxAbsOf = (slots: readonly Float64Array[]) =>
  slots.reduce((largest, values) => Math.max(largest, maxAbs(values)), 0);
