import { InputError } from "../../errors.js";
import { defineModel, layerOutputShape, type Network, type NetworkLayer } from "../../model/model.js";
import { converters } from "./convert.js";
import type { ExternalData } from "./external-data.js";
import { parseGraph, requireChain } from "./graph.js";
import { nameSteps, stepsOf } from "./steps.js";
import { refuseUnsupported } from "./unsupported.js";

export interface ReadOnnxOptions {
  /** Defaults to the name of the file's graph. */
  readonly name?: string;
  /** Gives the weights that lie in files beside the model. */
  readonly externalData?: ExternalData;
}

/**
 * Reads an ONNX file as a network. Layers bear the names of the file's nodes, or, where these have none, their kind
 * and a running number (`conv1`, `square1`, `fc1`). A bias that is added by a node of its own joins its layer;
 * dropout and identity vanish.
 *
 * @throws UnsupportedLayersError if there are layers that cannot even be run, naming every one that cannot be
 *   encrypted, and what to put in its place.
 * @throws InputError if the bytes are no ONNX file, the graph is not one chain from one input to one output, or
 *   a layer does not fit.
 * @example const network = readOnnx(await readFile("lenet1.onnx"), { name: "lenet1" })
 */
export function readOnnx(bytes: Uint8Array, options: ReadOnnxOptions = {}): Network {
  const graph = parseGraph(bytes, options.name, options.externalData);
  const steps = stepsOf(graph);
  refuseUnsupported(graph.name, steps, converters);
  requireChain(graph);
  if (steps.length === 0) {
    throw new InputError(`model "${graph.name}": expected at least one layer, got none`);
  }
  const names = nameSteps(steps, (op) => converters.get(op)!.prefix);
  const layers: NetworkLayer[] = [];
  let inputShape = graph.inputShape;
  steps.forEach((step, index) => {
    const { convert } = converters.get(step.node.opType)!;
    const layer = convert({ ...step, graph, name: names[index], inputShape });
    layers.push(layer);
    inputShape = layerOutputShape(layer, inputShape);
  });
  return defineModel({ name: graph.name, inputShape: graph.inputShape, layers });
}
