import { diagram, type Diagram } from "./diagram.js";
import { arrow, box, line, panel, plus, text } from "./shapes.js";

/**
 * Relinearization as a key switch: of a product's three parts the third is written in digits, each digit is multiplied
 * with a part of the relinearization key, and the sum is added to the other two.
 *
 * @example await show(keySwitch());
 */
export function keySwitch(): Diagram {
  return diagram({
    title: "A key switch: from three parts to two",
    description:
      "A product of two ciphertexts has three parts and decrypts as c0 + c1·s + c2·s². The part c2 is written in base-B " +
      "digits d0, d1, d2. Each digit is multiplied with a part of the key, which encrypts s² times a power of B under s. The " +
      "sum of these products has two parts, which are added to c0 and c1. What comes out decrypts with s alone.",
    height: 404,
    parts: [
      text([20, 32], "A product decrypts as c0 + c1·s + c2·s²"),
      box([20, 46], 70, 40, "c0", { bold: true }),
      box([110, 46], 70, 40, "c1", { bold: true }),
      box([216, 46], 204, 40, "c2", { bold: true }),
      arrow([
        [318, 88],
        [318, 138],
      ]),
      text([306, 118], "base-B digits", { anchor: "end" }),
      ...["d0", "d1", "d2"].map((digit, index) => box([216 + 70 * index, 142], 64, 40, digit)),
      arrow([
        [318, 184],
        [318, 214],
      ]),
      panel([216, 218], 204, 92, "open"),
      ...["each times its key part,", "which encrypts Bⁱ·s²", "under s; then summed"].map((content, index) =>
        text([318, 244 + 24 * index], content, { anchor: "middle" }),
      ),
      line([
        [145, 88],
        [145, 230],
      ]),
      arrow([
        [216, 240],
        [157, 240],
      ]),
      plus([145, 240]),
      arrow([
        [145, 250],
        [145, 336],
      ]),
      line([
        [55, 88],
        [55, 276],
      ]),
      arrow([
        [216, 286],
        [67, 286],
      ]),
      plus([55, 286]),
      arrow([
        [55, 296],
        [55, 336],
      ]),
      box([20, 340], 70, 40, "c0′", { bold: true }),
      box([110, 340], 70, 40, "c1′", { bold: true }),
      text([216, 356], "decrypts as c0′ + c1′·s,"),
      text([216, 378], "with s alone"),
    ],
  });
}
