import type { SpentCircuit } from "../../../../src/notebook/exercises/lesson-08/what-is-left.js";

type Left<Scheme> = (circuit: Extract<SpentCircuit, { scheme: Scheme }>) => number;

const sum = (bits: readonly number[]) => bits.reduce((all, one) => all + one, 0);
const log2 = (value: number) => Math.log2(value);
export const dataBits = ({ coeffModulusBits }: SpentCircuit) => sum(coeffModulusBits.slice(0, -1));
export const specialBits = ({ coeffModulusBits }: SpentCircuit) => coeffModulusBits.at(-1)!;

export const inCkks: Left<"ckks"> = ({ coeffModulusBits, squares, scaleBits, largest }) =>
  sum(coeffModulusBits.slice(0, -1 - squares)) - scaleBits - 2 ** squares * log2(largest) - 1;
export const inBfv: Left<"bfv"> = (circuit) =>
  dataBits(circuit) -
  log2(circuit.plainModulus) -
  5 -
  circuit.squares * (log2(circuit.plainModulus) + log2(circuit.polyModulusDegree) - 1);

/** The solution, or one that goes wrong in one scheme. */
export const leftBy =
  ({ ckks = inCkks, bfv = inBfv }: { readonly ckks?: Left<"ckks">; readonly bfv?: Left<"bfv"> } = {}) =>
  (circuit: SpentCircuit): number =>
    circuit.scheme === "ckks" ? ckks(circuit) : bfv(circuit);
