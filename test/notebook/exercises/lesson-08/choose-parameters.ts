import { securityTable } from "../../../../src/he-ml/index.js";
import type { SquaresNeeds } from "../../../../src/notebook/exercises/lesson-08/choose-parameters.js";

export interface Choice {
  polyModulusDegree: number;
  coeffModulusBits: number[];
  scaleBits: number;
}

/** What may go wrong on the way to a choice. */
export interface Slip {
  readonly scaleBits?: (right: number) => number;
  readonly room?: (right: number) => number;
  readonly limits?: Readonly<Record<number, number>>;
  readonly chain?: (right: number[]) => number[];
}

export function chosen(needs: SquaresNeeds, slip: Slip = {}): Choice {
  const { squares, largest, error, security, securityTable: name } = needs;
  const limits = slip.limits ?? securityTable(security, name);
  const same = <T>(value: T) => value;
  const room = (slip.room ?? same)(Math.ceil(2 ** squares * Math.log2(largest)) + 1);
  for (const polyModulusDegree of Object.keys(limits).map(Number)) {
    const exact = Math.ceil(Math.log2((2 ** squares * polyModulusDegree) / 6 / error));
    const scaleBits = (slip.scaleBits ?? same)(exact);
    const first = scaleBits + room;
    const ofSquares = Array.from({ length: squares }, () => scaleBits);
    const coeffModulusBits = (slip.chain ?? same)([first, ...ofSquares, first]);
    const total = coeffModulusBits.reduce((sum, bits) => sum + bits, 0);
    if (total <= limits[polyModulusDegree]) return { polyModulusDegree, coeffModulusBits, scaleBits };
  }
  throw new Error("no N carries it");
}
