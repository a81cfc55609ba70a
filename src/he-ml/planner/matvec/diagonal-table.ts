import { modulo } from "./assemble.js";
import type { Diagonal } from "./linear-transform.js";

/** Collects diagonals, as a map's entries come up one by one. */
export class DiagonalTable {
  readonly #diagonals = new Map<number, Diagonal>();

  constructor(
    private readonly inputs: number,
    private readonly slots: number,
  ) {}

  /** @param slot where the product with the entry's weight stands, before it is rotated by the giant step; modulo the slots */
  set(of: Omit<Diagonal, "entries">, slot: number, entry: number): void {
    const { input, output, baby, giant } = of;
    const key = ((output * this.slots + giant) * this.slots + baby) * this.inputs + input;
    let diagonal = this.#diagonals.get(key);
    if (!diagonal) {
      diagonal = { input, output, baby, giant, entries: new Int32Array(this.slots).fill(-1) };
      this.#diagonals.set(key, diagonal);
    }
    diagonal.entries[modulo(slot, this.slots)] = entry;
  }

  list(): Diagonal[] {
    return [...this.#diagonals.values()];
  }
}
