import { requireOptions } from "../arguments.js";
import { requireTensor, type Tensor } from "../tensor/tensor.js";
import type { LevelAndScale } from "./ciphertext.js";
import { ClearEvaluator } from "./clear-evaluator.js";
import { EncryptedTensor, requireEncrypted } from "./encrypted-tensor.js";
import { pack, requireEncodable, unpack, type EncryptedLayout } from "./packing.js";
import { checkParameters, type CkksParameters } from "./parameters.js";
import type { EncryptOptions } from "./secret-context.js";

/** Client and server in one, on plain numbers: for tests, plans and explanations, at no cost in time. */
export class ClearContext {
  readonly parameters: CkksParameters;
  readonly evaluator: ClearEvaluator;

  /** @throws InputError if the parameters are refused; as many slots as one likes are all right: nothing is encrypted */
  constructor(parameters: CkksParameters, evaluator?: ClearEvaluator) {
    checkParameters({ ...parameters, slots: undefined });
    this.parameters = parameters;
    this.evaluator = evaluator ?? new ClearEvaluator(parameters);
  }

  /**
   * As `SecretContext.encrypt` followed by `PublicContext.load`.
   *
   * @param at where the ciphertexts stand, as if something had been computed on them already
   */
  encrypt(batch: Tensor, options: EncryptOptions, at?: LevelAndScale): EncryptedTensor {
    requireTensor("encrypt", batch);
    const { packing, slotLayout } = requireOptions("encrypt", options);
    if (at !== undefined) requireOptions("encrypt: at", at);
    const [images, ...shape] = batch.shape;
    const layout: EncryptedLayout = { shape, packing, images, slotLayout };
    requireEncodable(this.parameters, batch, layout);
    const { slots } = this.parameters;
    const ciphertexts = Array.from(pack(batch, layout, slots), (values) =>
      this.evaluator.encrypt(values, at),
    );
    return new EncryptedTensor(layout, ciphertexts);
  }

  /** @returns `[images, …shape]` @throws InputError if it is no encrypted tensor */
  decrypt(tensor: EncryptedTensor): Tensor {
    requireEncrypted("decrypt", tensor);
    return unpack((index) => this.evaluator.decrypt(tensor.ciphertexts[index]), tensor);
  }
}
