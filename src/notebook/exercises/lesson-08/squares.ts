import { InputError } from "../../../he-ml/errors.js";
import type { Ciphertext } from "../../../he-ml/crypto/ciphertext.js";
import type { BfvParameters } from "../../../he-ml/crypto/bfv/parameters.js";
import { ClearEvaluator, type ClearCiphertext } from "../../../he-ml/crypto/clear-evaluator.js";
import { EncryptedTensor } from "../../../he-ml/crypto/encrypted-tensor.js";
import type { Evaluator } from "../../../he-ml/crypto/evaluator.js";
import type { CkksParameters } from "../../../he-ml/crypto/parameters.js";
import { PublicContext } from "../../../he-ml/crypto/public-context.js";
import { SecretContext } from "../../../he-ml/crypto/secret-context.js";
import { tensor } from "../../../he-ml/tensor/tensor.js";

/** What is computed: squares, one after the other. */
export interface Squares {
  readonly squares: number;
  readonly largest: number;
}

function squared(he: Evaluator, input: Ciphertext, squares: number): Ciphertext {
  let result = input;
  for (let i = 0; i < squares; i++) result = he.rescaleToNext(he.relinearize(he.square(result)));
  return result;
}

/** @returns BFV's noise budget in bits after so many squares, measured under keys of its own; 0 where nothing is left */
export async function budgetAfterSquares(parameters: BfvParameters, squares: number): Promise<number> {
  const { slots } = parameters;
  const values = Float64Array.from({ length: slots }, (_, slot) => (slot % 3) - 1);
  const client = await SecretContext.create(parameters);
  using server = await PublicContext.load(parameters, client.exportEvaluationKeys());
  const he = server.evaluator;
  const input = server.load(client.encrypt(tensor([slots, 1], values), { packing: "batch" }));
  let [result] = input.ciphertexts;
  for (let i = 0; i < squares; i++) result = he.relinearize(he.square(result));
  return client.noiseBudget(server.save(new EncryptedTensor(input, [result])));
}

/** Values in all slots, from one end of the range to the other, both included. */
const inputs = ({ slots }: CkksParameters, { largest }: Squares) =>
  Float64Array.from({ length: slots }, (_, slot) => largest * (1 - (2 * slot) / (slots - 1)));

/** Of an error of the result, as a share of the largest result. */
const share = (error: number, { squares, largest }: Squares) => error / largest ** (2 ** squares);

/** @returns the error that the clear twin predicts for the largest values (rms), as a share of the largest result, or its refusal */
export function predictedSquares(parameters: CkksParameters, circuit: Squares): number | string {
  const twin = new ClearEvaluator(parameters);
  try {
    const result = squared(twin, twin.encrypt(inputs(parameters, circuit)), circuit.squares);
    return share((result as ClearCiphertext).predictedError, circuit);
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
}

/** @returns the error over all slots (rms) under keys of its own, as a share of the largest result */
export async function measuredSquares(parameters: CkksParameters, circuit: Squares): Promise<number> {
  const values = inputs(parameters, circuit);
  const client = await SecretContext.create(parameters);
  using server = await PublicContext.load(parameters, client.exportEvaluationKeys());
  const shape = [values.length, 1];
  const input = server.load(client.encrypt(tensor(shape, values), { packing: "batch" }));
  const result = squared(server.evaluator, input.ciphertexts[0], circuit.squares);
  const { data } = client.decrypt(server.save(new EncryptedTensor(input, [result])));
  const squaredErrors = values.map((value, slot) => (data[slot] - value ** (2 ** circuit.squares)) ** 2);
  return share(Math.sqrt(squaredErrors.reduce((all, one) => all + one, 0) / values.length), circuit);
}
