/**
 * A network as TensorFlow.js holds it, a `Sequential` of @tensorflow/tfjs-layers: images
 * `[n, rows, columns, channels]` or rows of a table `[n, features]` in, logits `[n, classes]` out. It is told here
 * without the types of that package, which need not be installed.
 */
export interface Network {
  readonly name: string;
  /** Frees its memory. */
  dispose(): unknown;
}
