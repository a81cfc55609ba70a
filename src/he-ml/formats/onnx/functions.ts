import { clone, create } from "@bufbuild/protobuf";
import {
  AttributeProtoSchema,
  NodeProtoSchema,
  type AttributeProto,
  type FunctionProto,
  type ModelProto,
  type NodeProto,
} from "onnx-buf";
import { InputError } from "../../errors.js";
import { describeNode } from "./describe-node.js";

/** A larger graph could not be encrypted anyway. */
const mostNodes = 2 ** 16;
/** Functions that call functions. */
const mostDepth = 32;

const standardDomain = (domain: string) => (domain === "ai.onnx" ? "" : domain);

const idOf = (domain: string, name: string, overload: string) =>
  JSON.stringify([standardDomain(domain), name, overload]);

/**
 * Puts the nodes of a model's own functions in the place of the nodes that call them.
 *
 * @throws InputError if functions call each other without end, or a call gives too few arguments
 */
export function withFunctionsInlined({ graph, functions }: ModelProto): NodeProto[] {
  const byId = new Map(functions.map((f) => [idOf(f.domain, f.name, f.overload), f]));
  const functionOf = ({ domain, opType, overload }: NodeProto) => byId.get(idOf(domain, opType, overload));
  let nodes = graph?.node ?? [];
  let calls = 0;
  for (let depth = 0; nodes.some(functionOf); depth++) {
    const inlined = nodes.reduce((sum, node) => sum + (functionOf(node)?.node.length ?? 1), 0);
    if (depth === mostDepth || inlined > mostNodes) {
      throw new InputError(
        `${describeNode(nodes.find(functionOf)!)}: its functions call others more than ${mostDepth} deep, or take more ` +
          `than ${mostNodes} nodes; export the model without functions`,
      );
    }
    nodes = nodes.flatMap((node) => {
      const called = functionOf(node);
      return called ? bodyOf(called, node, `${calls++}`) : [node];
    });
  }
  return nodes;
}

/** The nodes of one call, whose inner values get names of their own. */
function bodyOf(called: FunctionProto, call: NodeProto, prefix: string): NodeProto[] {
  const { input, output, node: nodes } = called;
  if (call.input.length > input.length || call.output.length > output.length) {
    throw new InputError(
      `${describeNode(call)}: its function takes ${input.length} inputs and gives ${output.length} outputs, got ` +
        `${call.input.length} and ${call.output.length}; the file is damaged, export it again`,
    );
  }
  const outer = new Map<string, string>([["", ""]]);
  output.forEach((name, i) => {
    if (call.output[i]) outer.set(name, call.output[i]);
  });
  input.forEach((name, i) => outer.set(name, call.input[i] ?? ""));
  const named = (name: string) => outer.get(name) ?? `${call.opType}.${prefix}.${name}`;
  // An input that is given back: the same value under another name.
  const passed = output
    .filter((name, i) => input.includes(name) && call.output[i])
    .map((name) =>
      create(NodeProtoSchema, {
        opType: "Identity",
        input: [call.input[input.indexOf(name)] ?? ""],
        output: [call.output[output.indexOf(name)]],
      }),
    );
  return [
    ...nodes.map((node) =>
      Object.assign(clone(NodeProtoSchema, node), {
        name: [call.name, node.name].filter(Boolean).join("."),
        input: node.input.map(named),
        output: node.output.map(named),
        attribute: node.attribute.flatMap((attribute) => argumentOf(attribute, called, call)),
        metadataProps: node.metadataProps.length > 0 ? node.metadataProps : call.metadataProps,
      }),
    ),
    ...passed,
  ];
}

/** An attribute that stands for one of the call's, or for its default; left out where neither is given. */
function argumentOf(
  attribute: AttributeProto,
  { attributeProto }: FunctionProto,
  { attribute: given }: NodeProto,
): AttributeProto[] {
  const { refAttrName, name } = attribute;
  if (refAttrName === "") return [attribute];
  const found = [...given, ...attributeProto].find((candidate) => candidate.name === refAttrName);
  return found ? [Object.assign(clone(AttributeProtoSchema, found), { name })] : [];
}
