import { expect, test } from "@jest/globals";
import { realParts, seededRandom, toyParameters } from "../../../src/he-ml/toy-ckks/index.js";
import { overBudget, record, replay } from "../../../src/notebook/exercises/circuit.js";
import type { Machine } from "../../../src/notebook/exercises/machine.js";
import { ToyMachine } from "../../../src/notebook/exercises/toy-machine.js";

const parameters = toyParameters({
  polyModulusDegree: 8,
  coeffModulusBits: [30, 24, 24, 31],
  scale: 2 ** 24,
});

/** (x² + ½·x) turned by one slot, plus a conjugate of it and 1. */
function compute<C>(he: Machine<C>, x: C): C {
  const square = he.rescale(he.relinearize(he.multiply(x, x)));
  const half = he.rescale(he.multiplyPlain(x, 0.5));
  const turned = he.rotate(he.add(square, half), 1);
  return he.addPlain(he.sub(he.add(turned, he.conjugate(turned)), turned), [1, 1, 1, 1]);
}

test("a circuit is replayed on toy ciphertexts with fresh keys, and counted", () => {
  const machine = new ToyMachine(parameters, seededRandom(5));
  const circuit = JSON.parse(JSON.stringify(record(1, (he, [x]) => compute(he, x)))) as unknown;
  const { output, cost } = replay(circuit, machine, [machine.encrypt([1, -2, 0.5, 3])]);
  const expected = [-2, 0.5, 3, 1].map((x) => x * x + x / 2 + 1);
  realParts(machine.decrypt(output)).forEach((value, slot) =>
    expect(Math.abs(value - expected[slot])).toBeLessThan(1e-4),
  );
  expect(cost).toEqual({
    ...{ multiply: 1, multiplyPlain: 1, relinearize: 1, rescale: 2, rotate: 2, add: 4, levels: 1, keys: 3 },
  });
  expect(overBudget(cost, { multiply: 1, levels: 1 }, 1)).toBeUndefined();
  expect(overBudget(cost, { keys: 2 }, 3)?.says).toBe("right slots, too many keys: 3, and the budget is 2");
});

test("what the toy refuses names the operation", () => {
  const machine = new ToyMachine(parameters, seededRandom(5));
  const circuit = record(1, (he, [x]) => he.relinearize(x));
  expect(() => replay(circuit, machine, [machine.encrypt([1])])).toThrow(/^operation 1: relinearize/);
});
