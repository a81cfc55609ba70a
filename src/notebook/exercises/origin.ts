import type { CircuitOperation } from "./circuit-schema.js";

/** So many operations are told, from the last one back. */
const depth = 2;

/**
 * How a result of a circuit came about, by the last operations that led to it.
 *
 * @param position of the result: inputs first, then the result of each operation
 * @example originOf(2, [{ op: "multiply", a: 0, b: 0 }, { op: "rescale", a: 1 }], 1) // rescale(multiply(x, x))
 */
export function originOf(
  position: number,
  operations: readonly CircuitOperation[],
  inputs: number,
  operationsTold = depth,
): string {
  if (position < inputs) return inputs === 1 ? "x" : `input ${position + 1}`;
  // A circuit of whatever origin may name a result that is never made.
  const operation = operations.at(position - inputs);
  if (operationsTold === 0 || operation === undefined) return "…";
  const positions = "b" in operation ? [operation.a, operation.b] : [operation.a];
  const operands = positions.map((of) => originOf(of, operations, inputs, operationsTold - 1));
  return `${operation.op}(${[...operands, ...constantsOf(operation)].join(", ")})`;
}

function constantsOf(operation: CircuitOperation): string[] {
  if (operation.op === "rotate") return [String(operation.step)];
  if (operation.op !== "addPlain" && operation.op !== "multiplyPlain") return [];
  const { values } = operation;
  return [typeof values === "number" ? String(Number(values.toPrecision(3))) : "[…]"];
}
