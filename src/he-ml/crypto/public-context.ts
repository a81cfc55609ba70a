import type { Evaluator } from "./evaluator.js";
import {
  EncryptedTensor,
  requireCount,
  requireEncrypted,
  requireScaleBeside,
  requireSerialized,
  type SerializedTensor,
} from "./encrypted-tensor.js";
import { requirePacking, requireSlots } from "./packing.js";
import type { CkksParameters } from "./parameters.js";
import { formatSchemeParameters, type SchemeParameters } from "./scheme-parameters.js";
import type { EvaluationKeys } from "./evaluation-keys.js";
import { openWorkshop, type PublicContextOptions, type Workshop } from "./workshop.js";

export { evaluationKeysSchema, keyBytes, type EvaluationKeys } from "./evaluation-keys.js";
export { type PublicContextOptions } from "./workshop.js";

/**
 * The server's side: public and evaluation keys only. It can compute on ciphertexts and cannot decrypt them; no
 * method takes a secret key, and its WASM instance never holds one.
 */
export class PublicContext<P extends SchemeParameters = CkksParameters> implements Disposable {
  readonly parameters: P;
  readonly evaluator: Evaluator<P>;
  readonly #workshop: Workshop<P>;
  readonly #evaluator: Evaluator<P> & Disposable;

  private constructor(workshop: Workshop<P>, evaluator: Evaluator<P> & Disposable) {
    this.parameters = workshop.parameters;
    this.evaluator = evaluator;
    this.#workshop = workshop;
    this.#evaluator = evaluator;
  }

  /**
   * A context without keys: it encodes weights, once for all clients.
   *
   * @throws InputError if the evaluator is `"kernel"` and the kernels cannot be used
   * @example
   * const server = await PublicContext.open(parameters);
   * const encoded = server.evaluator.encode(weights, at);
   * const forAlice = server.withKeys(aliceKeys); // computes with the same `encoded`
   */
  static async open<P extends SchemeParameters>(
    parameters: P,
    options: PublicContextOptions = {},
  ): Promise<PublicContext<P>> {
    const workshop = await openWorkshop(parameters, options);
    return new PublicContext(workshop, workshop.evaluatorWith());
  }

  /**
   * @throws InputError if the keys do not belong to the parameters, or the evaluator cannot be used
   * @example const server = await PublicContext.load(parameters, client.exportEvaluationKeys());
   */
  static async load<P extends SchemeParameters>(
    parameters: P,
    keys: EvaluationKeys,
    options: PublicContextOptions = {},
  ): Promise<PublicContext<P>> {
    const workshop = await openWorkshop(parameters, options);
    return new PublicContext(workshop, workshop.evaluatorWith(keys));
  }

  /**
   * A context for another client in the same WASM instance: what this one encoded is good for it too. Ciphertexts stay
   * apart. The caller disposes of it, which frees the keys.
   *
   * @throws InputError if the keys do not belong to the parameters
   */
  withKeys(keys: EvaluationKeys): PublicContext<P> {
    return new PublicContext(this.#workshop, this.#workshop.evaluatorWith(keys));
  }

  /** Frees the keys. */
  [Symbol.dispose](): void {
    this.#evaluator[Symbol.dispose]();
  }

  /** One line where it is printed, in place of SEAL's whole module. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `PublicContext { ${formatSchemeParameters(this.parameters)}, no secret key }`;
  }

  /**
   * Takes in an encrypted tensor that has travelled; the caller owns the result.
   *
   * @throws InputError unless every ciphertext is sound and there are as many as shape and packing need
   */
  load(tensor: SerializedTensor): EncryptedTensor {
    requireSerialized("load", tensor);
    const { ciphertexts, scale, ...layout } = tensor;
    requireCount(layout, ciphertexts.length);
    requirePacking("load", this.parameters, layout.packing);
    requireSlots(layout, this.parameters.slots);
    const loaded = [];
    try {
      for (const bytes of ciphertexts) loaded.push(this.evaluator.load(bytes));
      if (this.parameters.scheme === "bfv") {
        const known = requireScaleBeside("load", scale);
        for (const ciphertext of loaded) this.evaluator.setScaleInplace(ciphertext, known);
      }
      return new EncryptedTensor(layout, loaded);
    } catch (error) {
      for (const ciphertext of loaded) ciphertext[Symbol.dispose]();
      throw error;
    }
  }

  /** An encrypted tensor as it would travel. @throws InputError if it is none */
  save(tensor: EncryptedTensor): SerializedTensor {
    requireEncrypted("save", tensor);
    const { shape, packing, images, slotLayout, ciphertexts, scale } = tensor;
    return {
      shape,
      packing,
      images,
      slotLayout,
      ...(this.parameters.scheme === "bfv" ? { scale } : {}),
      ciphertexts: ciphertexts.map((ciphertext) => this.evaluator.save(ciphertext)),
    };
  }
}
