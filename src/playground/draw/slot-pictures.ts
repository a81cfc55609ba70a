import { make } from "../dom/make.js";
import { threeDigits } from "../dom/numbers.js";
import type { InsideStage } from "./classify.js";

/** Slots in a row of a picture: 4096 make a square. */
const perRow = 64;

type Colour = readonly [red: number, green: number, blue: number];
// The blue and the vermillion of the figures: src/viz/theme.ts.
const negative: Colour = [0x00, 0x72, 0xb2];
const positive: Colour = [0xd5, 0x5e, 0x00];
const paper: Colour = [0xff, 0xff, 0xff];
/** Slots that hold no value of the layer: a partial sum is left over there. */
const leftOver: Colour = [0xc8, 0xcd, 0xd3];

function mixed(from: Colour, to: Colour, share: number): Colour {
  const at = Math.min(1, share);
  return [0, 1, 2].map((i) => from[i] + (to[i] - from[i]) * at) as unknown as Colour;
}

const largestOf = (values: Float64Array, used: Uint8Array): number =>
  values.reduce((most, value, slot) => (used[slot] ? Math.max(most, Math.abs(value)) : most), 0);

function picture(
  title: string,
  note: string,
  values: Float64Array,
  used: Uint8Array,
  most: number,
): HTMLElement {
  const rows = Math.ceil(values.length / perRow);
  const canvas = make("canvas", {
    class: "slots",
    ...{ width: perRow, height: rows, role: "img" },
    "aria-label": `${title}: ${values.length} slots in rows of ${perRow}. ${note}`,
  });
  const context = canvas.getContext("2d")!;
  const pixels = context.createImageData(perRow, rows);
  values.forEach((value, slot) => {
    const ground = used[slot] ? paper : leftOver;
    const share = used[slot] && most > 0 ? Math.sqrt(Math.abs(value) / most) : 0;
    pixels.data.set([...mixed(ground, value < 0 ? negative : positive, share), 255], 4 * slot);
  });
  context.putImageData(pixels, 0, 0);
  return make("figure", {}, canvas, make("figcaption", {}, make("b", {}, title), make("br"), note));
}

/** The slots of a stage's first ciphertext as three pictures: plain, decrypted, and what lies between them. */
export function slotPictures({ name, slots, used, decrypted, predictedError }: InsideStage): HTMLElement {
  const [plain, opened, holds] = [slots[0], decrypted[0], used[0]];
  const difference = plain.map((value, slot) => opened[slot] - value);
  const most = largestOf(plain, holds);
  const mostDifference = largestOf(difference, holds);
  const values = holds.reduce((count, each) => count + each, 0);
  return make(
    "div",
    {},
    make(
      "p",
      {},
      `Behind ${name}: ${values} of ${plain.length} slots hold a value` +
        (slots.length > 1 ? ` (the first of ${slots.length} ciphertexts)` : "") +
        `; grey ones only what was left over. Blue is below zero, orange above.`,
    ),
    make(
      "div",
      { class: "pictures" },
      picture("plain", `up to ${threeDigits(most)}`, plain, holds, most),
      picture("decrypted", `up to ${threeDigits(largestOf(opened, holds))}`, opened, holds, most),
      picture(
        "difference",
        `up to ${threeDigits(mostDifference)}` +
          (predictedError === undefined ? "" : `; predicted ${threeDigits(predictedError)}`),
        ...([difference, holds, mostDifference] as const),
      ),
    ),
  );
}
