import { requireOptions } from "../../he-ml/arguments.js";
import { InputError } from "../../he-ml/errors.js";
import { requireFinite, requireSome } from "../check.js";
import { diagram, type Diagram } from "./diagram.js";
import { arrow, box, text } from "./shapes.js";

/** A few slots, and by how many places they are rotated to the left; a negative number rotates to the right. */
export interface SlotRotation {
  readonly values: readonly number[];
  readonly steps: number;
}

const name = "slotRotation";
const mostSlots = 8;
/** Digits of 15 px, as they are drawn in the cells. */
const digitWidth = 9.6;

/**
 * A vector of slots before and after a rotation, with arrows; those that run round the end are dashed.
 *
 * @throws InputError if there are no values, more than 8, one whose digits do not fit its cell, or `steps` is no integer
 * @example await show(slotRotation({ values: [1, 2, 3, 4], steps: 1 })); // 2, 3, 4, 1
 */
export function slotRotation(rotation: SlotRotation): Diagram {
  const { values, steps } = requireOptions(name, rotation);
  requireSome(name, "value", values);
  requireFinite(name, "values", values);
  requireFinite(name, "steps that are an integer", [Number.isInteger(steps) ? steps : NaN]);
  if (values.length > mostSlots) {
    throw new InputError(
      `${name}: expected at most ${mostSlots} values, got ${values.length}; draw the first few`,
    );
  }
  const count = values.length;
  const width = 400 / count;
  const texts = values.map((value) => String(value).replace("-", "−"));
  const mostCharacters = Math.floor((width - 10) / digitWidth);
  const long = texts.find((content) => content.length > mostCharacters);
  if (long !== undefined) {
    throw new InputError(
      `${name}: expected ${count} values of at most ${mostCharacters} characters, got ${long}; round them, or draw fewer`,
    );
  }
  const slotAfter = (slot: number) => (((slot - steps) % count) + count) % count;
  const after = texts.map((_, slot) => texts[(((slot + steps) % count) + count) % count]);
  const middle = (slot: number) => 20 + (slot + 0.5) * width;
  return diagram({
    title: `Slots, rotated by ${String(steps).replace("-", "−")}`,
    description: `Slots ${texts.join(", ")} become ${after.join(", ")}: slot i gets what was in slot i + ${steps}, counted modulo ${count}.`,
    height: 236,
    parts: [
      ...texts.map((_, slot) =>
        text([middle(slot), 28], `slot ${slot}`, { anchor: "middle", role: "muted", size: 14 }),
      ),
      ...texts.map((content, slot) => box([middle(slot) - width / 2 + 2, 38], width - 4, 40, content)),
      ...texts.map((_, slot) =>
        arrow(
          [
            [middle(slot), 82],
            [middle(slotAfter(slot)), 156],
          ],
          { dashed: slotAfter(slot) !== slot - steps },
        ),
      ),
      ...after.map((content, slot) => box([middle(slot) - width / 2 + 2, 160], width - 4, 40, content)),
      ...texts.map((_, slot) =>
        text([middle(slot), 220], `slot ${slot}`, { anchor: "middle", role: "muted", size: 14 }),
      ),
    ],
  });
}
