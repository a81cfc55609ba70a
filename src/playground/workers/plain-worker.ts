import {
  ClearContext,
  ClearEvaluator,
  Program,
  PublicContext,
  checkParameters,
  encodePlan,
  loadModel,
  maxCoeffModulusBits,
  modelForward,
  securityTable,
  tensor,
  type ClearCiphertext,
  type EncryptedTensor,
  type Model,
  type ParametersSpec,
} from "he-ml";
import { complex, interpolateSlots } from "he-ml/toy-ckks";
import { coefficientSlots } from "../bench/operations.js";
import { runTwin } from "../bench/twin.js";
import { answerCalls, sentenceOf } from "./calls.js";
import type { CheckedParameters, PlainStage, PlainWork } from "./messages.js";

const models = new Map<string, Promise<Model>>();

function modelOf(folder: string): Promise<Model> {
  const model = models.get(folder) ?? loadModel(folder);
  models.set(folder, model);
  return model;
}

function plainStage(name: string, values: EncryptedTensor): PlainStage {
  const slots = values.ciphertexts.map((ciphertext) => (ciphertext as ClearCiphertext).values);
  const used = slots.map((each, index) =>
    Uint8Array.from(each, (_, slot) => ((values.slotLayout?.[index][slot] ?? -1) >= 0 ? 1 : 0)),
  );
  return { name, slots, used };
}

function checked(spec: ParametersSpec): CheckedParameters {
  const { polyModulusDegree, coeffModulusBits } = spec;
  const totalBits = coeffModulusBits.reduce((sum, bits) => sum + bits, 0);
  const security = ([256, 192, 128] as const).find(
    (level) => totalBits <= (securityTable(level)[polyModulusDegree] ?? 0),
  );
  const facts = { totalBits, allowedBits: maxCoeffModulusBits[polyModulusDegree] ?? 0, security };
  try {
    checkParameters(spec);
    return facts;
  } catch (error) {
    return { ...facts, refused: sentenceOf(error) };
  }
}

const plainWork: PlainWork = {
  async logits(folder, pixels) {
    const model = await modelOf(folder);
    return [...modelForward(model, tensor([1, ...model.inputShape], [...pixels])).at(-1)!.data];
  },
  async stages(json, pixels) {
    const { plan } = Program.fromJSON(JSON.parse(json));
    const { parameters, evaluator, inputShape, input, start } = plan!;
    const clear = new ClearContext(parameters, new ClearEvaluator(parameters, evaluator));
    const encoded = encodePlan(clear.evaluator, plan!);
    let values = clear.encrypt(
      tensor([1, ...inputShape], [...pixels]),
      { packing: "packed", slotLayout: input },
      start,
    );
    const stages = [plainStage("input", values)];
    for (const stage of encoded.stages) {
      values = stage(values);
      stages.push(plainStage(stage.stage.name, values));
    }
    return stages;
  },
  check: async (parameters) => checked(parameters),
  async benchEncode(spec, values) {
    const parameters = checkParameters(spec);
    const context = await PublicContext.open(parameters, { evaluator: "seal" });
    const { evaluator } = context;
    try {
      const plain = evaluator.encode(Float64Array.from(values), {
        level: parameters.levels,
        scale: 2 ** parameters.scaleBits,
      });
      const slots = evaluator.decode(plain);
      plain[Symbol.dispose]();
      return { slots };
    } finally {
      context[Symbol.dispose]();
    }
  },
  benchTwin: async (parameters, values, operations) => runTwin(parameters, values, operations),
  async coefficients(slots, scale) {
    const first = Array.from({ length: coefficientSlots }, (_, slot) => complex((slots[slot] ?? 0) * scale));
    return interpolateSlots(first);
  },
};

answerCalls<unknown>()(plainWork);
