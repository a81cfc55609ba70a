import { notebookOf } from "../support.js";

/** An author's notebook with the three model exercises; a cell after them needs what they declare. */
export const authorCells = {
  given: `import { check, type Machine } from "he-ml/exercises";`,
  multiply: `function multiply(a: bigint[], b: bigint[]): bigint[] {
  // BEGIN SOLUTION
  const product = new Array<bigint>(8).fill(0n);
  for (let i = 0; i < 8; i++) {
    for (let j = 0; j < 8; j++) {
      if (i + j < 8) product[i + j] += a[i] * b[j];
      else product[i + j - 8] -= a[i] * b[j];
    }
  }
  return product;
  // END SOLUTION
}`,
  checkMultiply: `await check.multiplyMod(multiply);`,
  sumSlots: `function sumSlots<C>(he: Machine<C>, x: C): C {
  // BEGIN SOLUTION
  let sum = x;
  for (let step = 1; step < 1024; step *= 2) sum = he.add(sum, he.rotate(sum, step));
  return sum;
  // END SOLUTION
}`,
  checkSumSlots: `await check.sumSlots(sumSlots);`,
  overflow: `function overflow({ modulus, scale }: { modulus: bigint; scale: number }): [number, number] {
  // BEGIN SOLUTION
  const value = Math.sqrt(Number(modulus)) / scale;
  return [value, value];
  // END SOLUTION
}`,
  checkOverflow: `await check.overflow(overflow);`,
  after: `const untouched: bigint[][] = [];
console.log("went on", typeof multiply, untouched.length);
check.golf()`,
};

export type CellName = keyof typeof authorCells;

/** The author's notebook, with other sources for some cells. */
export function authorNotebook(changed: Partial<Record<CellName, string>> = {}): string {
  return JSON.stringify(notebookOf(Object.values({ ...authorCells, ...changed })));
}
