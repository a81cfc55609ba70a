import type { MultiplesUnit, ResidueKind, ResidueRing, RingConstant } from "./residue-ring.js";

/** Address of a residue polynomial that another member of a team holds. */
export const elsewhere = 0;

/** Residues that another member of a team holds: whatever is asked for is done there. */
export class AbsentRing implements ResidueRing {
  constructor(
    readonly prime: bigint,
    /** How they are kept where they are. */
    readonly kind: ResidueKind,
  ) {}

  fromWords(): void {}
  factorFromWords(): void {}
  toFactor(): void {}
  fill(): void {}
  fillFactor(): void {}
  forward(): void {}
  backward(): void {}
  add(): void {}
  subtract(): void {}
  permute(): void {}
  addPermuted(): void {}
  multiplyConstant(): void {}
  sumOfProducts(): void {}
  sumOfProductPairs(): void {}
  addProductPair(): void {}
  convert(): void {}
  divideStep(): void {}
  addMultiples(): void {}

  constant(): RingConstant {
    return [0, 0];
  }

  multiplesUnit(): MultiplesUnit {
    return [this.constant(), this.constant()];
  }

  toWords(): BigUint64Array {
    throw new Error("kernels: another member of the team holds these residues");
  }
}
