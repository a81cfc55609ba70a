import { InputError } from "../../he-ml/errors.js";
import { circuitSchema, mostOperations, type Circuit, type CircuitOperation } from "./circuit-schema.js";
import type { Cost, Verdict } from "./exercise.js";
import { wrong } from "./exercise.js";
import type { Machine, ReplayMachine } from "./machine.js";
import { originOf } from "./origin.js";
import { refuseUnknown } from "./unknown-operation.js";
import { unequalOperands } from "./unequal-operands.js";

export type { Circuit };

/** Stands for a ciphertext while a circuit is recorded. There is nothing in it to read. */
export class Handle {
  readonly #position: number;
  readonly #recorder: Recorder;

  constructor(recorder: Recorder, position: number) {
    this.#recorder = recorder;
    this.#position = position;
  }

  /** @throws InputError unless it is a handle of this recorder */
  static positionIn(recorder: Recorder, operation: string, handle: unknown): number {
    if (handle instanceof Handle && handle.#recorder === recorder) return handle.#position;
    throw new InputError(
      `${operation}: expected a ciphertext of this run, got ${handle instanceof Handle ? "one of another" : typeof handle}; ` +
        `give it what the machine's operations return`,
    );
  }
}

/** Writes down what is done with its handles. */
class Recorder implements Machine<Handle> {
  readonly operations: CircuitOperation[] = [];
  readonly inputs: readonly Handle[];

  constructor(inputs: number) {
    this.inputs = Array.from({ length: inputs }, (_, i) => new Handle(this, i));
  }

  add = (a: Handle, b: Handle) => this.#two("add", a, b);
  sub = (a: Handle, b: Handle) => this.#two("sub", a, b);
  multiply = (a: Handle, b: Handle) => this.#two("multiply", a, b);
  relinearize = (a: Handle) => this.#record({ op: "relinearize", a: this.#at("relinearize", a) });
  rescale = (a: Handle) => this.#record({ op: "rescale", a: this.#at("rescale", a) });
  conjugate = (a: Handle) => this.#record({ op: "conjugate", a: this.#at("conjugate", a) });
  modSwitch = (a: Handle) => this.#record({ op: "modSwitch", a: this.#at("modSwitch", a) });
  rotate = (a: Handle, step: number) => this.#record({ op: "rotate", a: this.#at("rotate", a), step });
  addPlain = (a: Handle, values: readonly number[] | number) =>
    this.#record({ op: "addPlain", a: this.#at("addPlain", a), values });
  multiplyPlain = (a: Handle, values: readonly number[] | number, scale?: number) =>
    this.#record({ op: "multiplyPlain", a: this.#at("multiplyPlain", a), values, scale });

  #two(op: "add" | "sub" | "multiply", a: Handle, b: Handle): Handle {
    return this.#record({ op, a: this.#at(op, a), b: this.#at(op, b) });
  }

  #at(operation: string, handle: Handle): number {
    return Handle.positionIn(this, operation, handle);
  }

  #record(operation: CircuitOperation): Handle {
    if (this.operations.length === mostOperations) {
      throw new InputError(
        `${operation.op}: expected at most ${mostOperations} operations, got more; look for a loop without an end`,
      );
    }
    this.operations.push(operation);
    return new Handle(this, this.inputs.length + this.operations.length - 1);
  }
}

/**
 * Records what a function does with ciphertexts.
 *
 * @returns undefined where it returns undefined, as a stub does
 * @throws InputError if it returns anything else than a ciphertext of this run, or asks for an operation that there is not
 * @example record(1, (he, [x]) => he.add(x, he.rotate(x, 1))) // { operations: [{ op: "rotate", … }, { op: "add", … }], output: 2 }
 */
export function record(
  inputs: number,
  compute: (he: Machine<Handle>, inputs: readonly Handle[]) => Handle,
): Circuit | undefined {
  const recorder = new Recorder(inputs);
  const output = compute(refuseUnknown(recorder), recorder.inputs) as Handle | undefined;
  if (output === undefined) return undefined;
  return { operations: recorder.operations, output: Handle.positionIn(recorder, "return", output) };
}

export interface Replayed<C> {
  readonly output: C;
  readonly cost: CircuitCost;
}

/** What a circuit takes. Operations count whether or not the output depends on them. */
export interface CircuitCost extends Cost {
  readonly multiply: number;
  readonly multiplyPlain: number;
  readonly relinearize: number;
  readonly rescale: number;
  /** Rotations and conjugations. */
  readonly rotate: number;
  readonly add: number;
  /** How many levels lie between the highest input and the output. */
  readonly levels: number;
  /** Keys to make: one for each rotation, one to relinearize, one to conjugate. */
  readonly keys: number;
}

/**
 * Runs a circuit, of whatever origin, on ciphertexts.
 *
 * @throws InputError if it is no circuit, or an operation refuses its operands: then with the number of the operation
 * @throws UnequalOperands where it refuses them for their levels or scales
 */
export function replay<C>(response: unknown, machine: ReplayMachine<C>, inputs: readonly C[]): Replayed<C> {
  const parsed = circuitSchema.safeParse(response);
  if (!parsed.success) {
    throw new InputError(
      `circuit: expected recorded operations, got something else (${parsed.error.issues[0].message}); return what the machine's operations return`,
    );
  }
  const circuit: Circuit = parsed.data;
  const results: C[] = [...inputs];
  const at = (position: number): C => {
    if (position < results.length) return results[position];
    throw new InputError(
      `expected an earlier result, got ${position} of ${results.length}; use results after they are made`,
    );
  };
  for (const [i, operation] of circuit.operations.entries()) {
    try {
      results.push(run(machine, operation, at));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      throw (
        unequalOperands(i, circuit.operations, machine, results, inputs.length) ??
        new InputError(
          `operation ${i + 1}: ${error.message}; this is ${originOf(results.length, circuit.operations, inputs.length)}`,
        )
      );
    }
  }
  const output = at(circuit.output);
  const top = Math.max(...inputs.map((input) => machine.levelOf(input)));
  return { output, cost: costOf(circuit, top - machine.levelOf(output)) };
}

function run<C>(machine: ReplayMachine<C>, operation: CircuitOperation, at: (position: number) => C): C {
  switch (operation.op) {
    case "add":
    case "sub":
    case "multiply":
      return machine[operation.op](at(operation.a), at(operation.b));
    case "relinearize":
    case "rescale":
    case "modSwitch":
    case "conjugate":
      return machine[operation.op](at(operation.a));
    case "rotate":
      return machine.rotate(at(operation.a), operation.step);
    case "addPlain":
      return machine.addPlain(at(operation.a), operation.values);
    case "multiplyPlain":
      return machine.multiplyPlain(at(operation.a), operation.values, operation.scale);
  }
}

function costOf({ operations }: Circuit, levels: number): CircuitCost {
  const count = (...ops: readonly CircuitOperation["op"][]) =>
    operations.filter(({ op }) => ops.includes(op)).length;
  const keys = operations.flatMap((operation) => {
    if (operation.op === "rotate") return [`rotate ${operation.step}`];
    return operation.op === "relinearize" || operation.op === "conjugate" ? [operation.op] : [];
  });
  return {
    multiply: count("multiply"),
    multiplyPlain: count("multiplyPlain"),
    relinearize: count("relinearize"),
    rescale: count("rescale"),
    rotate: count("rotate", "conjugate"),
    add: count("add", "sub", "addPlain"),
    levels,
    keys: new Set(keys).size,
  };
}

const names: Readonly<Record<keyof CircuitCost, string>> = {
  multiply: "products",
  multiplyPlain: "products with plain values",
  relinearize: "relinearizations",
  rescale: "rescales",
  rotate: "rotations",
  add: "additions",
  levels: "levels",
  keys: "keys",
};

/**
 * What is wrong with a circuit that computes what it should, but takes too much.
 *
 * @returns undefined if it keeps to its budget
 */
export function overBudget(cost: CircuitCost, budget: Cost, hint: 1 | 2 | 3): Verdict | undefined {
  for (const [counted, most] of Object.entries(budget)) {
    if (most === undefined || cost[counted]! <= most) continue;
    return {
      ...wrong(`right slots, too many ${names[counted]}: ${cost[counted]}, and the budget is ${most}`, hint),
      cost,
    };
  }
  return undefined;
}
