import * as z from "zod";
import { InputError } from "../../../he-ml/errors.js";
import * as toy from "../../../he-ml/toy-ckks/index.js";
import { overBudget, record, replay, type Circuit, type Handle } from "../circuit.js";
import { circuitSchema } from "../circuit-schema.js";
import { right, wrong, type Exercise } from "../exercise.js";
import type { Machine } from "../machine.js";
import {
  agree,
  drawSlots,
  eighths,
  firstWrong,
  slotMachine,
  slots,
  type SlotInputs,
} from "./slot-machine.js";

const responseSchema = z.strictObject({
  layout: z.array(z.number()).max(slots).optional(),
  circuit: circuitSchema,
});
/** What the student's function did: how the client is to pack, and what is computed on that. */
export interface PackedCircuit {
  readonly layout?: readonly number[];
  readonly circuit: Circuit;
}

type StrideTwo = <C>(he: Machine<C>, pack: (layout: number[]) => C, weights: number[]) => C;

const budget = { multiplyPlain: 3, rotate: 2 };
const outputs = 31;

/** A convolution of stride 2 whose outputs come to lie side by side, as even and odd values lie apart. */
export const strideTwo: Exercise<readonly number[], StrideTwo, SlotInputs, PackedCircuit | undefined> = {
  id: "stride-two",
  lesson: "05",
  title: "a convolution of stride 2 in 3 diagonals",
  points: 2,
  answer: "strideTwo",
  hints: [
    "Output i reads values 2i, 2i + 1 and 2i + 2. A diagonal is what all outputs read by the same step. Where must value 2i lie, that output i, in slot i, finds it without any?",
    "Let the even values lie in slots 0 to 31, and the odd ones in slots 32 to 63. Then value 2i is in slot i, 2i + 1 in slot i + 32, and 2i + 2 in slot i + 1.",
    "layout = [0, 2, … 62, 1, 3, … 63], x = pack(layout). Add up he.multiplyPlain(x, weights[0]), he.multiplyPlain(he.rotate(x, 32), weights[1]) and " +
      "he.multiplyPlain(he.rotate(x, 1), weights[2]).",
  ],
  budget,
  par: { multiplyPlain: 3, rotate: 2 },
  draw: (random) => ({
    question: drawWeights(() => eighths(random)),
    secret: drawSlots(random),
  }),
  ask: (answer, weights) => {
    let layout: number[] | undefined;
    const circuit = record(1, (he: Machine<Handle>, [x]) => {
      const pack = (wanted: number[]): Handle => {
        if (layout) throw new InputError("pack: expected one layout, got two; the client packs once");
        layout = [...wanted];
        return x;
      };
      return answer(he, pack, [...weights]);
    });
    return circuit && { layout, circuit };
  },
  judge(weights, { values, seed }, response) {
    const { layout, circuit } = readResponse(response);
    const machine = slotMachine(1, seed);
    const packed = layout.map((value) => values[value]);
    const { output, cost } = replay(circuit, machine, [machine.encrypt(packed)]);
    const got = toy.realParts(machine.decrypt(output));
    const expected = convolve(values, weights);
    const says = firstWrong(got, expected);
    if (says === undefined) {
      return (
        overBudget(cost, budget, 2) ??
        right(`${outputs} outputs side by side in ${cost.multiplyPlain} diagonals`, cost)
      );
    }
    const why = mistake(values, weights, got);
    return wrong(why === undefined ? says : `${says}: ${why}`, why === undefined ? 1 : 2);
  },
};

/** Three that differ, so that each has its place. */
function drawWeights(draw: () => number): number[] {
  const weights = [draw(), draw(), draw()];
  return new Set(weights).size === 3 ? weights : drawWeights(draw);
}

function readResponse(response: unknown): Required<PackedCircuit> {
  const parsed = responseSchema.safeParse(response);
  if (!parsed.success) {
    throw new InputError(
      `circuit: expected a layout and recorded operations, got something else (${parsed.error.issues[0].message}); return what the machine's operations return`,
    );
  }
  const { layout, circuit } = parsed.data;
  if (layout === undefined) {
    throw new InputError("pack: expected a layout, got none; call pack(layout), which gives the ciphertext");
  }
  const named = new Set(layout);
  const isWhole = layout.every((value) => Number.isInteger(value) && value >= 0 && value < slots);
  if (!isWhole || layout.length !== slots || named.size !== slots) {
    throw new InputError(
      `pack: expected each of the values 0 to ${slots - 1} in one of ${slots} slots, got ${layout.length} slots with ${named.size} different ones; ` +
        `layout[slot] is the value in that slot`,
    );
  }
  return { layout, circuit };
}

const convolve = (values: readonly number[], [a, b, c]: readonly number[]): number[] =>
  Array.from(
    { length: outputs },
    (_, i) => a * values[2 * i] + b * values[2 * i + 1] + c * values[2 * i + 2],
  );

function mistake(
  values: readonly number[],
  weights: readonly number[],
  got: readonly number[],
): string | undefined {
  const expected = convolve(values, weights);
  const everySecond = expected.map((_, i) => got[2 * i]);
  if (agree(everySecond, expected))
    return "outputs lie two apart: output i is in slot 2i, and belongs in slot i";
  if (agree(got, convolve(values, [...weights].reverse()))) {
    return "weights[0] belongs to value 2i, not to 2i + 2";
  }
  const missing = weights.findIndex((_, k) =>
    agree(
      got,
      convolve(
        values,
        weights.map((weight, at) => (at === k ? 0 : weight)),
      ),
    ),
  );
  return missing < 0 ? undefined : `what weights[${missing}] adds is missing`;
}
