import type { MessageInitShape } from "@bufbuild/protobuf";
import type { NodeProtoSchema, TensorProto } from "onnx-buf";
import type { Padding } from "../../model/layer.js";
import type { NetworkLayer } from "../../model/model.js";

export type NodeInit = MessageInitShape<typeof NodeProtoSchema>;

/** A layer as a file holds it: its nodes, and the constants that they read. */
export interface WrittenLayer {
  readonly nodes: readonly NodeInit[];
  readonly initializers: readonly TensorProto[];
}

/** Writes the layers of some kinds, each from its input's name to its output's. */
export type LayerWriters<Kinds extends NetworkLayer["kind"]> = {
  readonly [K in Kinds]: (
    layer: Extract<NetworkLayer, { kind: K }>,
    input: string,
    output: string,
  ) => WrittenLayer;
};

export const onnxPads = ({ top, left, bottom, right }: Padding) => [top, left, bottom, right];
