import { requireOptions } from "../arguments.js";
import { InputError } from "../errors.js";
import { RnsRing, type RnsRingOptions } from "../kernels/rns-ring.js";
import { BfvEvaluator } from "./bfv/bfv-evaluator.js";
import type { BfvParameters } from "./bfv/parameters.js";
import { chooseEvaluator } from "./choose-evaluator.js";
import type { Evaluator } from "./evaluator.js";
import { KernelEvaluator, type KernelEvaluatorOptions } from "./kernel-evaluator.js";
import { KernelKeys } from "./kernel-keys.js";
import type { CkksParameters } from "./parameters.js";
import type { EvaluationKeys } from "./evaluation-keys.js";
import type { EvaluatorKind } from "./evaluator-kind.js";
import { expandRotationKey, galoisPlace, requireRotation } from "./rotation-keys.js";
import { requireKeySwitching, type SchemeParameters } from "./scheme-parameters.js";
import { SealEvaluator } from "./seal-evaluator.js";
import type { EvaluationKeyHandles, HeldRotationKey } from "./seal-operations.js";
import { Seal } from "./seal.js";

export interface PublicContextOptions {
  /** `"seal"` if left out; `"kernel"` is refused where the kernels do not pass their self-test. */
  readonly evaluator?: EvaluatorKind;
  /** Of the kernel evaluator: how residues are kept (doubles where they do, if left out), and whether all is as in SEAL. */
  readonly kernel?: RnsRingOptions & KernelEvaluatorOptions;
}

/** What evaluators of one context share: memory, and what is encoded in it. */
export interface Workshop<P extends SchemeParameters> {
  readonly parameters: P;
  /** @throws InputError if the keys do not belong to the parameters */
  evaluatorWith(keys?: EvaluationKeys): Evaluator<P> & Disposable;
}

/** @throws InputError as `PublicContext.open` does */
export async function openWorkshop<P extends SchemeParameters>(
  given: P,
  options: PublicContextOptions,
): Promise<Workshop<P>> {
  requireOptions("PublicContext", options);
  const seal: Seal<SchemeParameters> = await Seal.open(given);
  const workshop: Workshop<SchemeParameters> = isBfv(seal)
    ? bfvWorkshop(seal, options)
    : await ckksWorkshop(seal as Seal<CkksParameters>, options);
  return workshop as Workshop<P>;
}

const isBfv = (seal: Seal): seal is Seal<BfvParameters> => seal.parameters.scheme === "bfv";

function bfvWorkshop(
  seal: Seal<BfvParameters>,
  { evaluator = "seal" }: PublicContextOptions,
): Workshop<BfvParameters> {
  if (evaluator !== "seal") {
    throw new InputError(
      `evaluator ${JSON.stringify(evaluator)}: it computes in CKKS only; leave the evaluator out for BFV`,
    );
  }
  return {
    parameters: seal.parameters,
    evaluatorWith: (keys) => new BfvEvaluator(seal, keys && loadKeys(seal, keys)),
  };
}

async function ckksWorkshop(
  seal: Seal<CkksParameters>,
  { evaluator = "seal", kernel = {} }: PublicContextOptions,
): Promise<Workshop<CkksParameters>> {
  const { asSeal = false, ...options } = requireOptions("PublicContext: kernel", kernel);
  const { parameters } = seal;
  if (evaluator === "seal") {
    return { parameters, evaluatorWith: (keys) => new SealEvaluator(seal, keys && loadKeys(seal, keys)) };
  }
  const { polyModulusDegree, coeffModulus } = parameters;
  const { kinds } = await chooseEvaluator(parameters, { asked: evaluator });
  const tested = kinds?.includes("f64") ? options : { ...options, kind: "i64" as const };
  const ring = await RnsRing.open(polyModulusDegree, coeffModulus, tested);
  return {
    parameters,
    evaluatorWith: (keys) => kernelEvaluator(seal, ring, asSeal, keys && loadKeys(seal, keys)),
  };
}

function kernelEvaluator(
  seal: Seal<CkksParameters>,
  ring: RnsRing,
  asSeal: boolean,
  handles?: EvaluationKeyHandles,
): KernelEvaluator {
  const { encryptor, relinKeys, rotationKeys } = handles ?? { rotationKeys: [] };
  const own = new SealEvaluator(seal, encryptor && { encryptor, rotationKeys: [] });
  if (!handles) return new KernelEvaluator(ring, own, undefined, { asSeal });
  const held = new KernelKeys(ring, !asSeal);
  try {
    if (relinKeys) held.addRelinearization(seal.save(relinKeys));
    for (const { step, level, handle } of rotationKeys) held.addRotation(step, level, seal.save(handle));
    return new KernelEvaluator(ring, own, held, { asSeal });
  } catch (error) {
    held[Symbol.dispose]();
    own[Symbol.dispose]();
    throw error;
  } finally {
    for (const handle of [relinKeys, ...rotationKeys.map((key) => key.handle)]) handle?.delete();
  }
}

function loadKeys(
  seal: Seal,
  { publicKey, relinKeys, rotationKeys = [] }: EvaluationKeys,
): EvaluationKeyHandles {
  const { module } = seal;
  const parameters: SchemeParameters = seal.parameters;
  if (relinKeys) requireKeySwitching("relinearization keys", parameters);
  const handles: { delete(): void }[] = [];
  const made = <H extends { delete(): void }>(handle: H): H => {
    handles.push(handle);
    return handle;
  };
  try {
    const encryptor = made(
      seal.attempt("evaluation keys", () => {
        using key = new module.PublicKey();
        seal.load("public key", key, publicKey, "publicKey");
        return new module.Encryptor(seal.context, key);
      }),
    );
    const relin = relinKeys && made(new module.RelinKeys());
    if (relin) seal.load("relinearization keys", relin, relinKeys, "relinKeys");
    const held = rotationKeys.map((key): HeldRotationKey => {
      requireRotation(parameters, key);
      const handle = made(new module.GaloisKeys());
      const bytes = expandRotationKey(parameters, key);
      seal.load(`rotation key ${key.step}`, handle, bytes, {
        galoisKeyIn: galoisPlace(parameters, key.step),
      });
      return { step: key.step, level: key.level, handle };
    });
    return { encryptor, relinKeys: relin, rotationKeys: held };
  } catch (error) {
    for (const handle of handles) handle.delete();
    throw error;
  }
}
