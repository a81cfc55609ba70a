import * as z from "zod";
import { InputError } from "../../../he-ml/errors.js";
import {
  layerShapes,
  modelForward,
  parameterCount,
  tensor,
  type Model,
  type Tensor,
} from "../../../he-ml/index.js";
import { doublesSchema, modelSchema, modelToJson, numbersToJson } from "../../../he-ml/program/model-json.js";
import { shown } from "../responses.js";

/** A network that is handed in, and labelled samples that it was not trained on. */
export interface Submission {
  readonly model: Model;
  /** `[n, …inputShape]` */
  readonly samples: Tensor;
  /** `[n]`; which output is to be the largest. */
  readonly labels: ArrayLike<number>;
}

/** What may be handed in, so that judging it takes seconds. */
const limits = { samples: [50, 500], values: 500_000, parameters: 100_000, layers: 20 } as const;

const submissionSchema = z.strictObject({
  model: modelSchema,
  shape: z.array(z.int().min(1)).min(2),
  samples: doublesSchema,
  labels: z.array(z.int().min(0)),
});

/** As JSON. @throws InputError if it is no submission at all */
export function submissionToJson(submission: Submission | undefined): object | undefined {
  if (submission === undefined) return undefined;
  const { model, samples, labels } = submission;
  if (!model?.layers || !samples?.data || labels?.length === undefined) {
    throw new InputError(
      `capstone: expected { model, samples, labels }, got ${shown(submission)}; return all three`,
    );
  }
  return {
    model: modelToJson(model),
    shape: [...samples.shape],
    samples: numbersToJson(Float64Array.from(samples.data)),
    labels: Array.from(labels),
  };
}

/** @throws InputError saying what is no network, no sample or no label, or too much */
export function readSubmission(response: unknown): Submission {
  const parsed = submissionSchema.safeParse(response);
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues;
    throw new InputError(
      `capstone: ${path.join(".") || "the answer"}: ${message}; return { model, samples, labels }`,
    );
  }
  const { model, shape, samples, labels } = parsed.data;
  const images = tensor(shape, samples);
  requireSize(model, images);
  const outputs = layerShapes(model)
    .at(-1)!
    .reduce((size, side) => size * side, 1);
  if (labels.length !== shape[0]) {
    throw new InputError(`capstone: expected a label for each of ${shape[0]} samples, got ${labels.length}`);
  }
  const odd = labels.find((label) => label >= outputs);
  if (odd !== undefined) {
    throw new InputError(
      `capstone: expected labels from 0 to ${outputs - 1}, an output each, got ${odd}; give the network an output for each class`,
    );
  }
  modelForward(model, images);
  return { model, samples: images, labels };
}

function requireSize(model: Model, { shape, data }: Tensor): void {
  const [fewest, most] = limits.samples;
  const parameters = model.layers.map(parameterCount).reduce((sum, count) => sum + count, 0);
  const checks: readonly [what: string, got: number, isRight: boolean, expected: string][] = [
    ["samples", shape[0], shape[0] >= fewest && shape[0] <= most, `${fewest} to ${most}`],
    ["values in all samples", data.length, data.length <= limits.values, `at most ${limits.values}`],
    ["layers", model.layers.length, model.layers.length <= limits.layers, `at most ${limits.layers}`],
    ["weights and biases", parameters, parameters <= limits.parameters, `at most ${limits.parameters}`],
  ];
  const wrong = checks.find(([, , isRight]) => !isRight);
  if (wrong) throw new InputError(`capstone: expected ${wrong[3]} ${wrong[0]}, got ${wrong[1]}`);
}
