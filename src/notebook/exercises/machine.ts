/**
 * What can be done with ciphertexts, by the literature's names. A student's function takes one and computes on it; what it is
 * given is a recorder, and the circuit that it records is replayed on the machine of whoever judges. Nothing is changed in
 * place: every operation gives something new.
 *
 * @typeParam C its ciphertexts
 */
export interface Machine<C> {
  add(a: C, b: C): C;
  sub(a: C, b: C): C;
  /** Three polynomials; the scale is squared. */
  multiply(a: C, b: C): C;
  /** Back to two polynomials. */
  relinearize(a: C): C;
  /** Divides by the last prime, which is dropped: one level less. */
  rescale(a: C): C;
  /** Drops the last prime without dividing. */
  modSwitch(a: C): C;
  /** Slot i of the result is slot i + step, around the end. */
  rotate(a: C, step: number): C;
  conjugate(a: C): C;
  /** Adds values, one a slot, or the same to each. */
  addPlain(a: C, values: readonly number[] | number): C;
  /** @param scale of the values; the machine's own if left out */
  multiplyPlain(a: C, values: readonly number[] | number, scale?: number): C;
}

/** A machine that runs what was recorded. */
export interface ReplayMachine<C> extends Machine<C> {
  /** Primes that are left. */
  levelOf(a: C): number;
  scaleOf(a: C): number;
}
