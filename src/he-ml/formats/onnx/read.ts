import type { NodeProto } from "onnx-buf";
import { requireArgument, requireOptions } from "../../arguments.js";
import { InputError } from "../../errors.js";
import { identityLayer } from "../../model/identity.js";
import { defineModel, type Network, type NetworkLayer } from "../../model/model.js";
import {
  unsupportedLayers,
  UnsupportedLayersError,
  type UnsupportedLayer,
} from "../../model/unsupported-layers.js";
import { tensor } from "../../tensor/tensor.js";
import { intOf, requireUnderstood } from "./attributes.js";
import { Chain, type ImageValue } from "./chain.js";
import { withActivationsComposed } from "./composed-activations.js";
import { foldConstants } from "./constant-folding.js";
import { constantOf, constantTensor, type Constant } from "./constants.js";
import { endingNotes, withoutSoftmax } from "./endings.js";
import { mostComputedValues } from "./fold-inputs.js";
import { mostWeights } from "../limits.js";
import { isImageValue, type Context } from "./context.js";
import type { ExternalData } from "./external-data.js";
import { describeNode } from "./describe-node.js";
import { parseGraph, type OnnxGraph } from "./graph.js";
import { withCastsToFloat } from "./image-values.js";
import { inputLayout } from "./input-layout.js";
import { fileShape, keepsOrder, type Layout } from "../layout.js";
import { appendSums, reshapedTo } from "./linear-maps.js";
import { withModulesLeftOut } from "./modules-left-out.js";
import { operators } from "./operators.js";
import { identity } from "./polynomial.js";
import { isStandard, unsupportedConstant, unsupportedOperator } from "./unsupported.js";

export interface ReadOnnxOptions {
  /** Defaults to the name of the file's graph. */
  readonly name?: string;
  /** Gives the weights that lie in files beside the model. */
  readonly externalData?: ExternalData;
}

/** Reads a graph node by node. */
class GraphReader {
  readonly #graph: OnnxGraph;
  /** Of the output, with the batch. */
  outputRank = 0;
  /** Names of values that nodes take. */
  readonly #taken: ReadonlySet<string>;
  readonly #chain: Chain;
  readonly #constants = new Map<string, Constant>();
  /** Layers that cannot even be run on plain values; an identity stands in the place of each. */
  readonly #unknown: UnsupportedLayer[] = [];
  #constantValues = 0;
  #computedValues = 0;

  constructor(graph: OnnxGraph) {
    this.#graph = graph;
    this.#taken = new Set(graph.nodes.flatMap(({ input }) => input));
    const layout = inputLayout(graph);
    this.#chain = new Chain(graph.name, graph.nodes, graph.output, layout.shape);
    this.#chain.set(graph.input, { base: 0, polynomial: identity, makers: [], layout }, "the input");
  }

  read(): readonly NetworkLayer[] {
    const { nodes } = this.#graph;
    nodes.forEach((node, index) => this.#readNode(node, nodes[index + 1]));
    const unsupported = [...this.#unknown, ...unsupportedLayers(this.#chain)];
    if (this.#unknown.length > 0) {
      const inOrder = unsupported.sort((a, b) => a.position - b.position);
      throw new UnsupportedLayersError(this.#graph.name, inOrder);
    }
    this.#finish();
    return this.#chain.layers;
  }

  #finish(): void {
    const { name, output, nodes } = this.#graph;
    const chain = this.#chain;
    const value = chain.read(output);
    if (!value) throw new InputError(`model "${name}": its output does not depend on its input`);
    const { layout } = chain.settle(value, `the output ${JSON.stringify(output)}`);
    this.outputRank = fileShape(layout).length + 1;
    chain.finish();
    this.#endInOrder(layout);
    if (chain.layers.length > 0) return;
    if (nodes.length === 0) throw new InputError(`model "${name}": expected at least one layer, got none`);
    chain.append("identity", [nodes.at(-1)!], (own) => identityLayer({ name: own }));
  }

  /** Ends with the shape, and the order of axes, that the file ends with. */
  #endInOrder(layout: Layout): void {
    const { nodes } = this.#graph;
    const sizes = fileShape(layout);
    if (keepsOrder(layout) && sizes.join() === this.#chain.shape.join()) return;
    const value = { base: this.#chain.layers.length, polynomial: identity, makers: [], layout };
    const context = { graph: this.#graph, chain: this.#chain, node: nodes.at(-1)!, inputs: [value] };
    if (keepsOrder(layout)) reshapedTo(context, sizes);
    else appendSums(context, value, sizes, (position) => ({ inputs: [position] }));
  }

  #readNode(node: NodeProto, next: NodeProto | undefined): void {
    const second = node.output.slice(1).find((name) => this.#taken.has(name) || name === this.#graph.output);
    if (second) {
      throw new InputError(
        `${describeNode(node)}: expected only its first output to be used, got ${JSON.stringify(second)} too; ` +
          `export a model whose layers form one chain`,
      );
    }
    if (node.opType === "Constant" && isStandard(node)) {
      this.#keep(node.output[0], constantTensor(constantOf(node), describeNode(node)));
      return;
    }
    const layout = this.#chain.layoutOf(node.input[0] ?? "");
    if (node.opType === "Shape" && isStandard(node) && layout) {
      this.#keepComputed(node, this.#shapeOf(node, layout));
      return;
    }
    const inputs = node.input.map((name) => (name === "" ? undefined : this.#valueOf(name, node)));
    const image = inputs.find(isImageValue);
    if (!image) {
      if (!isStandard(node)) throw unsupportedConstant(node);
      this.#keepComputed(node, foldConstants(node, inputs as (Constant | undefined)[]));
    } else {
      const value = this.#imageValueOf({ graph: this.#graph, chain: this.#chain, node, next, inputs }, image);
      const known = operators.has(node.opType) ? node.output.slice(0, 1) : node.output;
      for (const name of known) this.#chain.set(name, value, describeNode(node));
    }
  }

  #valueOf(name: string, node: NodeProto): ImageValue | Constant {
    const known = this.#chain.read(name) ?? this.#constants.get(name);
    if (known) return known;
    const initializer = this.#graph.initializers.get(name);
    if (!initializer) {
      throw new InputError(
        `${describeNode(node)}: it takes ${JSON.stringify(name)}, which no node before it gives; ` +
          `the file is damaged, export it again`,
      );
    }
    return this.#keep(name, constantTensor(initializer, `${describeNode(node)} ${JSON.stringify(name)}`));
  }

  /** Remembers a constant. @throws InputError if there are more of them than a model can need */
  #keep(name: string, constant: Constant): Constant {
    this.#constantValues += constant.data.length;
    this.#requireFew(this.#constantValues, mostWeights, "constants");
    this.#constants.set(name, constant);
    return constant;
  }

  #keepComputed(node: NodeProto, constant: Constant): void {
    this.#computedValues += constant.data.length;
    this.#requireFew(this.#computedValues, mostComputedValues, "constants that are left to be computed");
    this.#constants.set(node.output[0], constant);
  }

  #requireFew(count: number, most: number, what: string): void {
    if (count <= most) return;
    throw new InputError(
      `model "${this.#graph.name}": expected at most ${most} numbers in ${what}; export it with constant folding, ` +
        `or train a smaller network`,
    );
  }

  /** The sizes of a value's axes; a batch of any size is NaN. */
  #shapeOf(node: NodeProto, layout: Layout): Constant {
    requireUnderstood(node, 1, "start end");
    const sizes = [this.#graph.batchSize ?? NaN, ...fileShape(layout)];
    const picked = sizes.slice(intOf(node, "start", 0), intOf(node, "end", sizes.length));
    return { ...tensor([picked.length], picked), type: "i64" };
  }

  #imageValueOf(context: Context, image: ImageValue): ImageValue {
    const { node } = context;
    const operator = isStandard(node) ? operators.get(node.opType) : undefined;
    try {
      if (operator) {
        requireUnderstood(node, operator.inputs, operator.attributes);
        const value = operator.read(context);
        if (value) return value;
      }
      this.#unknown.push({
        position: this.#chain.layers.length,
        name: node.name || (node.output[0] ?? ""),
        ...unsupportedOperator(node),
      });
    } catch (error) {
      // Behind an unknown layer shapes may be wrong; the layers are gone through only to name all that is unknown.
      if (this.#unknown.length === 0 || !(error instanceof InputError)) throw error;
    }
    const standIn = this.#chain.append("unknown", [node], (name) => identityLayer({ name }));
    return { ...standIn, layout: image.layout };
  }
}

/**
 * Reads an ONNX file as a network. Layers bear the names of the modules or nodes that made them, or, where these have
 * none, their kind and a running number (`conv1`, `square1`, `fc1`). What a graph spells out element by element (a
 * square, a polynomial, a batch normalization, a bias) becomes one layer, or part of the one before it. Images are
 * ours, with the channels first, also where the file takes them with the channels last.
 *
 * @throws UnsupportedLayersError if there are layers that cannot even be run, naming every one that cannot be
 *   encrypted, and what to put in its place.
 * @throws InputError if the bytes are no ONNX file, the graph is not one chain from one input to one output, or
 *   a layer does not fit.
 * @example const network = readOnnx(await readFile("lenet1.onnx"), { name: "lenet1" })
 */
export function readOnnx(bytes: Uint8Array, options: ReadOnnxOptions = {}): Network {
  requireArgument("readOnnx", bytes instanceof Uint8Array, "the bytes of an ONNX file", bytes);
  requireOptions("readOnnx", options);
  const parsed = parseGraph(bytes, options.name, options.externalData);
  const { nodes, output, leftOut } = withoutSoftmax(parsed.nodes, parsed.output);
  const graph = { ...parsed, nodes: withActivationsComposed(withCastsToFloat(nodes, parsed.input)), output };
  const reader = new GraphReader(graph);
  const layers = reader.read();
  const notes = endingNotes(leftOut, reader.outputRank);
  return defineModel({
    name: graph.name,
    inputShape: inputLayout(graph).shape,
    ...(notes.length > 0 && { notes }),
    layers: graph.producer === "pytorch" ? withModulesLeftOut(layers) : layers,
  });
}
