import { create, toBinary, type MessageInitShape } from "@bufbuild/protobuf";
import { ModelProtoSchema, type NodeProtoSchema, type TensorProto } from "onnx-buf";
import { InputError } from "../../errors.js";
import type { ActivationLayer } from "../../model/activation.js";
import type { AveragePoolLayer } from "../../model/average-pool.js";
import type { ConvolutionalLayer } from "../../model/convolutional.js";
import type { Padding } from "../../model/layer.js";
import type { LinearLayer } from "../../model/linear.js";
import type { MaxPoolLayer } from "../../model/max-pool.js";
import { layerShapes, type Network, type NetworkLayer } from "../../model/model.js";
import type { PaddingLayer } from "../../model/padding.js";
import type { PolynomialLayer } from "../../model/polynomial.js";
import { tensor } from "../../tensor/tensor.js";
import { batchOf, floatAttribute, floatInitializer, intAttribute, intInitializer, node } from "./messages.js";

const opset = 13n;
/** The version of the file format that came with opset 13 to 15. */
const irVersion = 8n;

type NodeInit = MessageInitShape<typeof NodeProtoSchema>;

/** A layer as a file holds it: its nodes, and the constants that they read. */
interface WrittenLayer {
  readonly nodes: readonly NodeInit[];
  readonly initializers: readonly TensorProto[];
}

const onnxPads = ({ top, left, bottom, right }: Padding) => [top, left, bottom, right];

function weightsAndBias(layer: ConvolutionalLayer | LinearLayer): TensorProto[] {
  const initializers = [floatInitializer(`${layer.name}.weight`, layer.weights)];
  if (layer.bias) initializers.push(floatInitializer(`${layer.name}.bias`, layer.bias));
  return initializers;
}

function writeConvolutional(layer: ConvolutionalLayer, input: string, output: string): WrittenLayer {
  const initializers = weightsAndBias(layer);
  const inputs = [input, ...initializers.map(({ name }) => name)];
  return {
    initializers,
    nodes: [
      node(
        "Conv",
        layer.name,
        inputs,
        [output],
        [
          intAttribute("dilations", layer.dilation),
          intAttribute("group", layer.groups),
          intAttribute("kernel_shape", layer.kernelSize),
          intAttribute("pads", onnxPads(layer.padding)),
          intAttribute("strides", layer.stride),
        ],
      ),
    ],
  };
}

function writeLinear(layer: LinearLayer, input: string, output: string): WrittenLayer {
  const initializers = weightsAndBias(layer);
  const inputs = [input, ...initializers.map(({ name }) => name)];
  return {
    initializers,
    nodes: [
      node(
        "Gemm",
        layer.name,
        inputs,
        [output],
        [floatAttribute("alpha", 1), floatAttribute("beta", 1), intAttribute("transB", 1)],
      ),
    ],
  };
}

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

function writeActivation(layer: ActivationLayer, input: string, output: string): WrittenLayer {
  const { name, alpha } = layer;
  const plain = (op: string): WrittenLayer => ({
    initializers: [],
    nodes: [node(op, name, [input], [output])],
  });
  const sloped = (op: string, standard: number): WrittenLayer => ({
    initializers: [],
    nodes: [node(op, name, [input], [output], [floatAttribute("alpha", alpha ?? standard)])],
  });
  switch (layer.function) {
    case "relu":
      return plain("Relu");
    case "selu":
      return plain("Selu");
    case "sigmoid":
      return plain("Sigmoid");
    case "softplus":
      return plain("Softplus");
    case "tanh":
      return plain("Tanh");
    case "leakyRelu":
      return sloped("LeakyRelu", 0.01);
    case "elu":
      return sloped("Elu", 1);
    case "relu6": {
      const bounds = [0, 6].map((bound) => floatInitializer(`${name}.to${bound}`, tensor([], [bound])));
      return {
        initializers: bounds,
        nodes: [node("Clip", name, [input, ...bounds.map((bound) => bound.name)], [output])],
      };
    }
    case "silu": {
      const gate = `${name}.gate`;
      return {
        initializers: [],
        nodes: [node("Sigmoid", gate, [input], [gate]), node("Mul", name, [input, gate], [output])],
      };
    }
  }
}

function writeLayer(layer: NetworkLayer, input: string, output: string): WrittenLayer {
  switch (layer.kind) {
    case "convolutional":
      return writeConvolutional(layer, input, output);
    case "linear":
      return writeLinear(layer, input, output);
    case "averagePool":
      return writeAveragePool(layer, input, output);
    case "padding":
      return writePadding(layer, input, output);
    case "maxPool":
      return writeMaxPool(layer, input, output);
    case "activation":
      return writeActivation(layer, input, output);
    case "square":
      return { initializers: [], nodes: [node("Mul", layer.name, [input, input], [output])] };
    case "polynomial":
      return writePolynomial(layer, input, output);
    case "identity":
      return { initializers: [], nodes: [node("Identity", layer.name, [input], [output])] };
    case "flatten":
      return {
        initializers: [],
        nodes: [node("Flatten", layer.name, [input], [output], [intAttribute("axis", 1)])],
      };
  }
}

/**
 * Writes a model or a network as an ONNX file of opset 13: float32 weights, input `input` `[batch, …inputShape]`, output
 * `logits`, one node a layer, named as the layer, and several for a polynomial or a SiLU. `readOnnx` reads the same model back,
 * with its weights rounded to float32; only a polynomial that is a square, or of degree 1, joins its neighbours.
 *
 * @throws InputError if the model has no layers, its layers do not fit together, or a weight is too large for
 *   a float32.
 * @example await writeFile("model.onnx", writeOnnx(model))
 */
export function writeOnnx(model: Network): Uint8Array {
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
