import type { Tensor } from "../tensor/tensor.js";
import { ClearEvaluator } from "./clear-evaluator.js";
import { EncryptedTensor } from "./encrypted-tensor.js";
import { pack, requireEncodable, unpack, type Packing } from "./packing.js";
import type { CkksParameters } from "./parameters.js";

/** Client and server in one, on plain numbers: for tests, plans and explanations, at no cost in time. */
export class ClearContext {
  readonly parameters: CkksParameters;
  readonly evaluator: ClearEvaluator;

  constructor(parameters: CkksParameters) {
    this.parameters = parameters;
    this.evaluator = new ClearEvaluator(parameters);
  }

  /** As `SecretContext.encrypt` followed by `PublicContext.load`. */
  encrypt(batch: Tensor, { packing }: { readonly packing: Packing }): EncryptedTensor {
    requireEncodable(this.parameters, batch, packing);
    const { slots } = this.parameters;
    const [images, ...shape] = batch.shape;
    const ciphertexts = Array.from(pack(batch, packing, slots), (values) => this.evaluator.encrypt(values));
    return new EncryptedTensor({ shape, packing, images }, ciphertexts);
  }

  /** @returns `[images, …shape]` */
  decrypt({ ciphertexts, packing, images, shape }: EncryptedTensor): Tensor {
    return unpack((index) => this.evaluator.decrypt(ciphertexts[index]), packing, images, shape);
  }
}
