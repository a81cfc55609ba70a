import type { Tensor } from "../tensor/tensor.js";
import type { LevelAndScale } from "./ciphertext.js";
import { ClearEvaluator } from "./clear-evaluator.js";
import { EncryptedTensor } from "./encrypted-tensor.js";
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
  encrypt(batch: Tensor, { packing, slotLayout }: EncryptOptions, at?: LevelAndScale): EncryptedTensor {
    const [images, ...shape] = batch.shape;
    const layout: EncryptedLayout = { shape, packing, images, slotLayout };
    requireEncodable(this.parameters, batch, layout);
    const { slots } = this.parameters;
    const ciphertexts = Array.from(pack(batch, layout, slots), (values) =>
      this.evaluator.encrypt(values, at),
    );
    return new EncryptedTensor(layout, ciphertexts);
  }

  /** @returns `[images, …shape]` */
  decrypt(tensor: EncryptedTensor): Tensor {
    return unpack((index) => this.evaluator.decrypt(tensor.ciphertexts[index]), tensor);
  }
}
