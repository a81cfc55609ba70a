import { requireOptions } from "../../he-ml/arguments.js";
import { InputError } from "../../he-ml/errors.js";
import { diagram, type Diagram } from "./diagram.js";
import { box, text } from "./shapes.js";

/** A coefficient and the base that it is written in. */
export interface GadgetNumber {
  readonly value: number | bigint;
  readonly base: number | bigint;
}

const name = "gadget";
const mostDigits = 6;
/** So many characters fit the narrowest box. */
const mostCharacters = 5;

/**
 * The gadget: a number written as digits times powers of a base. A key switch multiplies the key's noise with small
 * digits in place of one large number.
 *
 * @throws InputError if the value is no integer of at least 0, the base none of at least 2, or the number has more than 6
 *   digits or a digit more than 5 characters
 * @example await show(gadget({ value: 2718, base: 10 })); // 2 · B³ + 7 · B² + 1 · B + 8 · 1
 */
export function gadget(sketch: GadgetNumber): Diagram {
  const { value, base } = requireOptions(name, sketch);
  const [number, B] = [toInteger("value", value, 0n), toInteger("base", base, 2n)];
  const digits = digitsOf(number, B);
  if (digits.length > mostDigits || digits.some((digit) => String(digit).length > mostCharacters)) {
    throw new InputError(
      `${name}: expected at most ${mostDigits} digits of at most ${mostCharacters} characters, got ${digits.join(", ")}; ` +
        `take a smaller value, or another base`,
    );
  }
  const width = 400 / digits.length;
  const terms = digits.map((digit, index) => ({
    digit: String(digit),
    power: powerOfB(digits.length - 1 - index),
    middle: 20 + (index + 0.5) * width,
  }));
  const sum = terms.map(({ digit, power }) => `${digit} · ${power}`).join(" + ");
  return diagram({
    title: `${number} in base ${B}`,
    description: `${number} = ${sum}: every digit is smaller than ${B}, whatever the number.`,
    height: 252,
    parts: [
      text([20, 34], "A coefficient"),
      box([20, 46], 400, 40, String(number), { bold: true }),
      text([20, 118], `Its digits, each below B = ${B}`),
      ...terms.map(({ digit, middle }) => box([middle - width / 2 + 4, 130], width - 8, 40, digit)),
      ...terms.map(({ power, middle }) => text([middle, 196], `× ${power}`, { anchor: "middle" })),
      ...terms.slice(1).map(({ middle }) => text([middle - width / 2, 196], "+", { anchor: "middle" })),
      text([20, 232], "The key holds s² times each power of B"),
    ],
  });
}

function toInteger(what: string, value: number | bigint, least: bigint): bigint {
  const isInteger = typeof value === "bigint" || Number.isSafeInteger(value);
  if (isInteger && BigInt(value) >= least) return BigInt(value);
  throw new InputError(
    `${name}: expected a ${what} that is an integer of at least ${least}, got ${value}; round it`,
  );
}

/** The highest digit first. */
function digitsOf(value: bigint, base: bigint): bigint[] {
  const digits = [value % base];
  for (let rest = value / base; rest > 0n; rest /= base) digits.unshift(rest % base);
  return digits;
}

const superscripts = ["⁰", "¹", "²", "³", "⁴", "⁵"];

function powerOfB(exponent: number): string {
  if (exponent === 0) return "1";
  return exponent === 1 ? "B" : `B${superscripts[exponent]}`;
}
