import { TensorProto_DataLocation as DataLocation, type GraphProto } from "onnx-buf";
import { InputError } from "../../errors.js";

/** Gives the bytes of a file that lies beside the model and holds weights. */
export type ExternalData = (location: string) => Uint8Array;

/**
 * Moves weights that lie in other files, as PyTorch's newer exporter writes them, into the graph.
 *
 * @throws InputError if there are any and `externalData` is not given.
 */
export function includeExternalData(graph: GraphProto, externalData?: ExternalData): void {
  for (const proto of graph.initializer) {
    if (proto.dataLocation !== DataLocation.EXTERNAL) continue;
    const entries = new Map(proto.externalData.map(({ key, value }) => [key, value]));
    const location = entries.get("location") ?? "";
    if (!externalData) {
      throw new InputError(
        `initializer ${JSON.stringify(proto.name)}: its values lie in another file, ` +
          `${JSON.stringify(location)}; load the model by its path, or export it with the weights inside`,
      );
    }
    const offset = Number(entries.get("offset") ?? 0);
    const length = entries.has("length") ? Number(entries.get("length")) : undefined;
    proto.rawData = Uint8Array.from(
      externalData(location).subarray(offset, length === undefined ? undefined : offset + length),
    );
    proto.dataLocation = DataLocation.DEFAULT;
  }
}
