import * as tf from "@tensorflow/tfjs-core";

/** tfjs's Adam with a learning rate that can change during a run. */
export class ScheduledAdam extends tf.AdamOptimizer {
  constructor(learningRate: number) {
    super(learningRate, 0.9, 0.999);
  }

  setLearningRate(learningRate: number): void {
    this.learningRate = learningRate;
  }
}

/**
 * Learning rate along half a cosine: the full rate at progress 0, zero at progress 1.
 *
 * @param progress Share of the run's steps that are done, from 0 to 1.
 */
export function cosineDecay(learningRate: number, progress: number): number {
  return (learningRate * (1 + Math.cos(Math.PI * progress))) / 2;
}

/**
 * Scales all gradients by one factor so that their joint Euclidean norm is at most `clipNorm`. Squares make steep
 * slopes; without this a single batch can throw the training off.
 *
 * @returns New tensors under the same names, as an optimizer takes them; call it inside `tf.tidy`.
 */
export function clipByGlobalNorm(
  gradients: Readonly<Record<string, tf.Tensor>>,
  clipNorm: number,
): { name: string; tensor: tf.Tensor }[] {
  const sums = Object.values(gradients).map((gradient) => tf.sum(tf.square(gradient)));
  const norm = tf.sqrt(tf.addN(sums));
  const factor = tf.div(clipNorm, tf.maximum(norm, clipNorm));
  return Object.entries(gradients).map(([name, gradient]) => ({ name, tensor: tf.mul(gradient, factor) }));
}
