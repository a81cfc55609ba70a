import type { NodeProto } from "onnx-buf";

const longestName = 100;
const shortened = (name: string) => (name.length > longestName ? `${name.slice(0, longestName)}…` : name);

/** What messages call a node. */
export function describeNode({ opType, name, output }: NodeProto): string {
  const op = JSON.stringify(shortened(opType)).slice(1, -1);
  return `${op} ${JSON.stringify(shortened(name || (output[0] ?? "")))}`;
}
