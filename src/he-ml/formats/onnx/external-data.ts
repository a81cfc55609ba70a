import { TensorProto_DataLocation as DataLocation, type GraphProto } from "onnx-buf";
import { InputError } from "../../errors.js";

/** Gives the bytes of a file that lies beside the model and holds weights. */
export type ExternalData = (location: string) => Uint8Array;

/** As much as a model file itself may hold. */
const largestBytes = 2 ** 30;

/**
 * Lets weights that lie in other files, as PyTorch's newer exporter writes them, be the graph's own.
 *
 * @throws InputError if there are any and `externalData` is not given, or a file does not hold what it should.
 */
export function includeExternalData(graph: GraphProto, externalData?: ExternalData): void {
  let total = 0;
  for (const proto of graph.initializer) {
    if (proto.dataLocation !== DataLocation.EXTERNAL) continue;
    const what = `initializer ${JSON.stringify(proto.name)}`;
    const entries = new Map(proto.externalData.map(({ key, value }) => [key, value]));
    const location = entries.get("location") ?? "";
    if (!externalData) {
      throw new InputError(
        `${what}: its values lie in another file, ${JSON.stringify(location)}; ` +
          `load the model by its path, or export it with the weights inside`,
      );
    }
    const data = externalData(location);
    const offset = Number(entries.get("offset") ?? 0);
    const length = Number(entries.get("length") ?? data.length - offset);
    if (!(offset >= 0 && length >= 0 && offset + length <= data.length)) {
      throw new InputError(
        `${what}: expected ${length} bytes from byte ${offset} of ${JSON.stringify(location)}, ` +
          `which has ${data.length}; the two files do not belong together, export the model again`,
      );
    }
    total += length;
    if (total > largestBytes) {
      throw new InputError(
        `${what}: expected weights of at most 1 GiB in all; a larger model cannot be used`,
      );
    }
    proto.rawData = data.subarray(offset, offset + length) as Uint8Array<ArrayBuffer>;
    proto.dataLocation = DataLocation.DEFAULT;
  }
}
