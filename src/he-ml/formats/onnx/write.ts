import { create, toBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import { InputError } from "../../errors.js";
import type { AveragePoolLayer } from "../../model/average-pool.js";
import type { MaxPoolLayer } from "../../model/max-pool.js";
import { layerShapes, requireNetwork, type Network, type NetworkLayer } from "../../model/model.js";
import type { PaddingLayer } from "../../model/padding.js";
import type { PolynomialLayer } from "../../model/polynomial.js";
import { tensor } from "../../tensor/tensor.js";
import { writeActivation } from "./activations.js";
import { batchOf, floatInitializer, intAttribute, intInitializer, node } from "./messages.js";
import { weightedWriters } from "./weighted-layers.js";
import { onnxPads, type LayerWriters, type NodeInit, type WrittenLayer } from "./written-layer.js";

const opset = 13n;
/** The version of the file format that came with opset 13 to 15. */
const irVersion = 8n;

function writeAveragePool(layer: AveragePoolLayer, input: string, output: string): WrittenLayer {
  return {
    initializers: [],
    nodes: [
      node(
        "AveragePool",
        layer.name,
        [input],
        [output],
        [
          intAttribute("kernel_shape", layer.kernelSize),
          intAttribute("strides", layer.stride),
          intAttribute("pads", onnxPads(layer.padding)),
          intAttribute("count_include_pad", layer.countIncludePad ? 1 : 0),
        ],
      ),
    ],
  };
}

function writePadding(layer: PaddingLayer, input: string, output: string): WrittenLayer {
  const { top, left, bottom, right } = layer.padding;
  const pads = intInitializer(`${layer.name}.pads`, [0, 0, top, left, 0, 0, bottom, right]);
  return { initializers: [pads], nodes: [node("Pad", layer.name, [input, pads.name], [output])] };
}

/** Horner's rule: (cₙ·x + cₙ₋₁)·x + … Only the first node bears the layer's name. */
function writePolynomial(
  { name, coefficients }: PolynomialLayer,
  input: string,
  output: string,
): WrittenLayer {
  const highest = coefficients.length - 1;
  const initializers = coefficients.map((coefficient, k) =>
    floatInitializer(`${name}.c${k}`, tensor([], [coefficient])),
  );
  const nodes: NodeInit[] = [];
  let sum = `${name}.c${highest}`;
  for (let k = highest - 1; k >= 0; k--) {
    const [product, next] = [`${name}.product${k}`, k === 0 ? output : `${name}.sum${k}`];
    nodes.push(node("Mul", nodes.length === 0 ? name : "", [sum, input], [product]));
    nodes.push(node("Add", "", [product, `${name}.c${k}`], [next]));
    sum = next;
  }
  return { initializers, nodes };
}

function writeMaxPool(layer: MaxPoolLayer, input: string, output: string): WrittenLayer {
  return {
    initializers: [],
    nodes: [
      node(
        "MaxPool",
        layer.name,
        [input],
        [output],
        [
          intAttribute("kernel_shape", layer.kernelSize),
          intAttribute("strides", layer.stride),
          intAttribute("pads", onnxPads(layer.padding)),
          intAttribute("dilations", layer.dilation),
        ],
      ),
    ],
  };
}

const oneNode = (written: NodeInit): WrittenLayer => ({ initializers: [], nodes: [written] });

const writers: LayerWriters<NetworkLayer["kind"]> = {
  ...weightedWriters,
  averagePool: writeAveragePool,
  padding: writePadding,
  maxPool: writeMaxPool,
  activation: writeActivation,
  square: ({ name }, input, output) => oneNode(node("Mul", name, [input, input], [output])),
  polynomial: writePolynomial,
  identity: ({ name }, input, output) => oneNode(node("Identity", name, [input], [output])),
  flatten: ({ name }, input, output) =>
    oneNode(node("Flatten", name, [input], [output], [intAttribute("axis", 1)])),
  unflatten: ({ name, shape }, input, output) => {
    const target = intInitializer(`${name}.shape`, [-1, ...shape]);
    return { initializers: [target], nodes: [node("Reshape", name, [input, target.name], [output])] };
  },
};

function writeLayer(layer: NetworkLayer, input: string, output: string): WrittenLayer {
  const write = writers[layer.kind] as (layer: NetworkLayer, input: string, output: string) => WrittenLayer;
  return write(layer, input, output);
}

/**
 * Writes a model or a network as an ONNX file of opset 13: float32 weights, input `input` `[batch, …inputShape]`, output
 * `logits`, one node a layer, named as the layer, and several for a polynomial, a SiLU or a Hardswish. `readOnnx` reads the
 * same model back, with its weights rounded to float32; only a polynomial that is a square, or of degree 1, joins its
 * neighbours.
 *
 * @throws InputError if the model has no layers, its layers do not fit together, or a weight is too large for
 *   a float32.
 * @example await writeFile("model.onnx", writeOnnx(model))
 */
export function writeOnnx(model: Network): Uint8Array {
  requireNetwork("writeOnnx", model);
  const { name, layers } = model;
  if (layers.length === 0) {
    throw new InputError(`writeOnnx: model "${name}" has no layers, expected at least one`);
  }
  const written = layers.map((layer, index) =>
    writeLayer(
      layer,
      index === 0 ? "input" : `${layers[index - 1].name}.output`,
      index === layers.length - 1 ? "logits" : `${layer.name}.output`,
    ),
  );
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion,
      producerName: "he-ml",
      opsetImport: [{ domain: "", version: opset }],
      graph: {
        name,
        node: written.flatMap((layer) => layer.nodes),
        initializer: written.flatMap((layer) => layer.initializers),
        input: [batchOf("input", model.inputShape)],
        output: [batchOf("logits", layerShapes(model).at(-1)!)],
      },
    }),
  );
}
