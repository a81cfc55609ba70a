import type { Complex } from "./embedding.js";
import type { Ciphertext } from "./encryption.js";

/**
 * A polynomial as one writes it, smallest powers first; a real coefficient to four digits.
 *
 * @example formatPolynomial([3n, -1n, 0n, 2n]) // 3 − X + 2X³
 */
export function formatPolynomial(polynomial: readonly (bigint | number)[]): string {
  const terms = polynomial.flatMap((coefficient, power) => {
    const digits =
      typeof coefficient === "bigint" ? String(coefficient) : String(Number(coefficient.toPrecision(4)));
    if (digits === "0") return [];
    const negative = digits.startsWith("-");
    const size = negative ? digits.slice(1) : digits;
    return [{ negative, text: `${size === "1" && power > 0 ? "" : size}${formatPower(power)}` }];
  });
  if (terms.length === 0) return "0";
  const [first, ...others] = terms;
  return [
    `${first.negative ? "−" : ""}${first.text}`,
    ...others.map(({ negative, text }) => `${negative ? "−" : "+"} ${text}`),
  ].join(" ");
}

const superscripts = [..."⁰¹²³⁴⁵⁶⁷⁸⁹"];

function formatPower(power: number): string {
  if (power < 2) return power === 0 ? "" : "X";
  return `X${[...String(power)].map((digit) => superscripts[Number(digit)]).join("")}`;
}

/**
 * Values of slots, to three places after the point; the imaginary part where it shows there.
 *
 * @example formatSlots([1, complex(-0.5, 2)]) // [1.000, −0.500 + 2.000i]
 */
export function formatSlots(values: readonly (number | Complex)[]): string {
  const texts = values.map((value) => {
    const { re, im } = typeof value === "number" ? { re: value, im: 0 } : value;
    const imaginary = formatNumber(Math.abs(im));
    const real = formatNumber(re);
    return imaginary === formatNumber(0) ? real : `${real} ${im < 0 ? "−" : "+"} ${imaginary}i`;
  });
  return `[${texts.join(", ")}]`;
}

function formatNumber(value: number): string {
  const digits = Math.abs(value).toFixed(3);
  return value < 0 && Number(digits) !== 0 ? `−${digits}` : digits;
}

/**
 * A ciphertext: a line for each polynomial, then its scale and its modulus.
 *
 * @example formatCiphertext({ polynomials: [[1n, 2n], [0n, -3n]], coeffModulus: [97n, 89n], scale: 64 }) // c0 = 1 + 2X ⏎ c1 = −3X ⏎ scale 2^6, modulus 97·89
 */
export function formatCiphertext({ polynomials, coeffModulus, scale }: Ciphertext): string {
  const exponent = Number(Math.log2(scale).toFixed(3));
  return [
    ...polynomials.map((polynomial, i) => `c${i} = ${formatPolynomial(polynomial)}`),
    `scale 2^${exponent}, modulus ${coeffModulus.join("·")}`,
  ].join("\n");
}
