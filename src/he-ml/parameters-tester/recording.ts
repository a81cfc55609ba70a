import { headroomBits } from "../crypto/noise.js";
import type { SchemeParameters } from "../crypto/scheme-parameters.js";
import type { CiphertextState, LayerTrace } from "../layers/trace.js";
import { errorStatistics } from "../tensor/error-statistics.js";
import { argmax, imageAt, maxAbs, sizeOf, type Shape, type Tensor } from "../tensor/tensor.js";
import type { TestedLayer, TestedState } from "./test-report.js";
import type { TestedPart } from "./tested-part.js";

/** What was seen of one layer, stage or re-encryption, run by run. */
interface RecordedStep {
  readonly traces: LayerTrace[];
  /** What its outputs decrypted to, a batch a run: all images in turn, or more than once. */
  readonly decrypted: Tensor[];
}

/** The errors of a tensor of several images, in the report's words. */
export type TestedErrors = Pick<
  TestedLayer,
  "max_error" | "mean_error" | "rms_error" | "p99_error" | "precision_bits" | "argmax_flips"
>;

/** What all runs of one parameter set gave, each on one image or a batch of them. */
export class Recording {
  readonly #steps: RecordedStep[] = [];
  /** Steps that the run that goes on now has finished. */
  position = 0;

  constructor(
    private readonly part: TestedPart,
    private readonly parameters: SchemeParameters,
  ) {}

  /** Says that another run begins. */
  begin(): void {
    this.position = 0;
  }

  /** Takes in what the run's next step did. */
  add(trace: LayerTrace, decrypted: Tensor): void {
    const step = (this.#steps[this.position++] ??= { traces: [], decrypted: [] });
    step.traces.push(trace);
    step.decrypted.push(decrypted);
  }

  /** Milliseconds of the server's steps in all runs: a re-encryption is the client's work, and has its line. */
  get milliseconds(): number {
    const ofServer = this.#steps.filter(({ traces: [{ kind }] }) => kind !== "reencryption");
    return ofServer.reduce((sum, { traces }) => sum + total(traces, "milliseconds"), 0);
  }

  /** A line for each step. */
  lines(): TestedLayer[] {
    let input = this.part.images;
    return this.#steps.map((step) => {
      const last = step.traces[0].modelLayers.at(-1);
      const output = last === undefined ? input : this.part.outputs[last];
      const line = this.#line(step, input, output);
      input = output;
      return line;
    });
  }

  #line({ traces, decrypted }: RecordedStep, input: Tensor, output: Tensor): TestedLayer {
    const { parameters, part } = this;
    const [{ name, kind, modelLayers, shape }] = traces;
    const actual = joined(decrypted);
    const [samples] = actual.shape;
    const expected = inTurn(output, samples);
    const { statistics, errors } = compared(actual, expected, output.shape[0]);
    const [sample, ...place] = indicesOf(statistics.argmax, actual.shape);
    const before = leastOf(traces.map((trace) => trace.before));
    const after = leastOf(traces.map((trace) => trace.after));
    return {
      layer_name: name,
      kind,
      model_layers: modelLayers.map((layer) => part.first + layer),
      shape,
      min_noise: after.noiseBudget ?? null,
      ...errors,
      max_error_position: [sample % output.shape[0], ...place],
      cipher_value: actual.data[statistics.argmax],
      plain_value: expected.data[statistics.argmax],
      before: testedState(parameters, before, inTurn(input, samples)),
      after: testedState(parameters, after, expected),
      milliseconds: total(traces, "milliseconds"),
      bytes: total(traces, "bytes"),
    };
  }
}

/** @param images that there are: the samples are those in turn */
function compared(actual: Tensor, expected: Tensor, images: number) {
  const statistics = errorStatistics(actual, expected);
  const flipped = new Set<number>();
  for (let i = 0; i < actual.shape[0]; i++) {
    if (argmax(imageAt(actual, i).data) !== argmax(imageAt(expected, i).data)) flipped.add(i % images);
  }
  const errors: TestedErrors = {
    max_error: statistics.maxAbs,
    mean_error: statistics.mean,
    rms_error: statistics.rms,
    p99_error: statistics.p99,
    precision_bits: statistics.precisionBits,
    argmax_flips: flipped.size,
  };
  return { statistics, errors };
}

/** The state with the least noise budget; where there is none, all are alike. */
const leastOf = (states: readonly CiphertextState[]): CiphertextState =>
  states.reduce((least, state) =>
    (state.noiseBudget ?? Infinity) < (least.noiseBudget ?? Infinity) ? state : least,
  );

/** @param plain the exact values that stand there */
function testedState(parameters: SchemeParameters, state: CiphertextState, plain: Tensor): TestedState {
  const { level, scaleBits, noiseBudget = null } = state;
  if (parameters.scheme === "bfv") {
    const carriesScale = parameters.encoding === "integers";
    return {
      noise_budget: noiseBudget,
      level: null,
      scale_bits: carriesScale ? scaleBits : null,
      headroom_bits: null,
    };
  }
  // Where all values are 0, there is room for as much as for 1.
  const largest = maxAbs(plain.data) || 1;
  const headroom = headroomBits(parameters, level, 2 ** scaleBits, largest);
  return { noise_budget: null, level, scale_bits: scaleBits, headroom_bits: headroom };
}

function joined(batches: readonly Tensor[]): Tensor {
  const [{ shape }] = batches;
  const images = batches.reduce((sum, batch) => sum + batch.shape[0], 0);
  const joint = [images, ...shape.slice(1)];
  const data = new Float64Array(sizeOf(joint));
  let offset = 0;
  for (const batch of batches) {
    data.set(batch.data, offset);
    offset += batch.data.length;
  }
  return { shape: joint, data };
}

/** So many images, those of the batch over and over again. */
export function inTurn({ shape: [images, ...shape], data }: Tensor, count: number): Tensor {
  const size = sizeOf(shape);
  const repeated = new Float64Array(count * size);
  for (let i = 0; i < count; i += images) {
    repeated.set(data.subarray(0, Math.min(images, count - i) * size), i * size);
  }
  return { shape: [count, ...shape], data: repeated };
}

/** Where in a tensor of this shape the value at a row-major position lies. */
function indicesOf(position: number, shape: Shape): number[] {
  const indices: number[] = [];
  let rest = position;
  for (const size of [...shape].reverse()) {
    indices.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return indices;
}

const total = (traces: readonly LayerTrace[], field: "milliseconds" | "bytes") =>
  traces.reduce((sum, trace) => sum + trace[field], 0);
