import type { EncryptedTensor } from "../../../src/he-ml/crypto/encrypted-tensor.js";
import type { EncodedLayer } from "../../../src/he-ml/layers/encoded-layer.js";
import { forward, type ForwardOptions } from "../../../src/he-ml/layers/forward.js";
import type { LayerTrace } from "../../../src/he-ml/layers/trace.js";
import { lazyParameters, openClear, randomTensor } from "../support.js";

export const parameters = lazyParameters;

export const images = randomTensor([2, 1, 4, 4], 9);

export interface Ran {
  readonly traces: readonly LayerTrace[];
  readonly output: EncryptedTensor;
}

export async function run(
  layers: readonly EncodedLayer[],
  input: EncryptedTensor,
  options?: ForwardOptions,
): Promise<Ran> {
  const traces: LayerTrace[] = [];
  const steps = forward(layers, input, options);
  for (;;) {
    const step = await steps.next();
    if (step.done) return { traces, output: step.value };
    traces.push(step.value);
  }
}

export const clear = openClear(parameters);
