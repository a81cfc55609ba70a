import type { SerializedTensor } from "../crypto/encrypted-tensor.js";
import { EncryptedTensor } from "../crypto/encrypted-tensor.js";
import { PublicContext, type EvaluationKeys } from "../crypto/public-context.js";
import { collect, forward, type ForwardOptions } from "../layers/forward.js";
import type { LayerTrace } from "../layers/trace.js";
import { encodePlan, type EncodedPlan } from "../net-builder/encode-plan.js";
import type { Plan } from "../planner/plan.js";

export interface PackedEngineOptions {
  readonly plan: Plan;
  /** With the plan's rotation keys. */
  readonly keys: EvaluationKeys;
}

/**
 * Evaluates a plan on packed ciphertexts. What goes in and comes out is serialised, as it travels between client and
 * server.
 *
 * @example
 * const keys = client.exportEvaluationKeys(plan.rotations);
 * const engine = await PackedEngine.start({ plan, keys });
 * const { output } = await collect(engine.forward(client.encrypt(image, clientSpec(plan))));
 */
export class PackedEngine {
  private constructor(
    private readonly server: PublicContext,
    private readonly encoded: EncodedPlan,
  ) {}

  /**
   * Loads the keys, encodes the plan, and runs it once on encryptions of zero: V8 compiles WASM anew, and better, once
   * it has run for a while.
   *
   * @throws InputError if the keys do not belong to the plan's parameters, or one is missing
   */
  static async start({ plan, keys }: PackedEngineOptions): Promise<PackedEngine> {
    const server = await PublicContext.load(plan.parameters, keys);
    const engine = new PackedEngine(server, encodePlan(server.evaluator, plan));
    await engine.#warmUp(plan);
    return engine;
  }

  async #warmUp({ parameters, input, inputShape }: Plan): Promise<void> {
    const at = { level: parameters.levels, scale: 2 ** parameters.scaleBits };
    const zeros = input.map(() => this.server.evaluator.encryptZero(at));
    using encrypted = new EncryptedTensor(
      { shape: inputShape, packing: "packed", images: 1, slotLayout: input },
      zeros,
    );
    const { output } = await collect(forward(this.encoded.stages, encrypted));
    output[Symbol.dispose]();
  }

  /**
   * Runs the plan's stages and yields each one's trace as soon as it is done. Images are computed one after the other.
   *
   * @returns the serialised output of the last stage
   * @throws InputError if the input does not fit, or a ciphertext in it is damaged
   */
  async *forward(
    input: SerializedTensor,
    { twin, ...options }: ForwardOptions<SerializedTensor> = {},
  ): AsyncGenerator<LayerTrace, SerializedTensor> {
    using encrypted = this.server.load(input);
    const output = yield* forward(this.encoded.stages, encrypted, {
      ...options,
      twin: twin && { input: twin.input, decrypt: (tensor) => twin.decrypt(this.server.save(tensor)) },
    });
    try {
      return this.server.save(output);
    } finally {
      output[Symbol.dispose]();
    }
  }

  /** Frees what the plan's plaintexts hold. */
  async close(): Promise<void> {
    this.encoded[Symbol.dispose]();
  }
}
