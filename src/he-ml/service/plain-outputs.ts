import { layerForward, type Layer } from "../model/model.js";
import { valueRanges as rangesOf, type ValueRange } from "../model/value-range.js";
import { requireRoom } from "../planner/room.js";
import { layerStates } from "../program/chain.js";
import type { Program } from "../program/program.js";
import type { Tensor } from "../tensor/tensor.js";

const layersOf = ({ model, layers }: Program): Layer[] => layers.map((index) => model.layers[index]);

/** What each of the program's layers gives in the clear. */
export function plainOutputs(program: Program, images: Tensor): Tensor[] {
  let current = images;
  return layersOf(program).map((layer) => (current = layerForward(layer, current)));
}

/**
 * Values that outgrow the modulus wrap around and decrypt to garbage.
 *
 * @param outputs of each of the program's layers, in the clear
 * @throws InputError naming the layer
 */
export function requireRoomForValues(program: Program, images: Tensor, outputs: readonly Tensor[]): void {
  if (program.plan) return requireRoom(program.plan, images);
  requireRoomForRanges(program, plainRanges(program, images, outputs));
}

/** The ranges of what the program's layers read and give. */
export function plainRanges(program: Program, images: Tensor, outputs: readonly Tensor[]): ValueRange[] {
  return rangesOf({ ...program.model, layers: layersOf(program) }, images, outputs);
}

/** As `requireRoomForValues`, for a program that runs layer by layer. @throws InputError naming the layer */
export function requireRoomForRanges(
  { content, clientSpec }: Program,
  valueRanges: readonly ValueRange[],
): void {
  layerStates(content, { valueRanges, start: clientSpec.input });
}
