import type { NodeProto } from "onnx-buf";
import { InputError } from "../../errors.js";
import { describeNode } from "./describe-node.js";

/**
 * The nodes in an order in which each stands behind those whose values it takes: the file's own, wherever it is one.
 *
 * @throws InputError if a node needs what is computed of its own result
 */
export function inOrder(nodes: readonly NodeProto[]): NodeProto[] {
  const makers = new Map<string, number>();
  nodes.forEach(({ output }, index) => {
    for (const name of output) if (name !== "" && !makers.has(name)) makers.set(name, index);
  });
  const ordered: NodeProto[] = [];
  const state = new Uint8Array(nodes.length);
  const [isOpen, isDone] = [1, 2];
  for (let first = 0; first < nodes.length; first++) {
    const path = [{ index: first, next: 0 }];
    while (path.length > 0) {
      const { index, next } = path.at(-1)!;
      const node = nodes[index];
      if (next === 0 && state[index] === isDone) {
        path.pop();
        continue;
      }
      state[index] = isOpen;
      if (next === node.input.length) {
        state[index] = isDone;
        ordered.push(node);
        path.pop();
        continue;
      }
      path.at(-1)!.next++;
      const maker = makers.get(node.input[next]);
      if (maker === undefined || maker === index || state[maker] === isDone) continue;
      if (state[maker] === isOpen) {
        throw new InputError(
          `${describeNode(node)}: it needs ${JSON.stringify(node.input[next])}, which is computed of its own result; ` +
            `the file is damaged, export it again`,
        );
      }
      path.push({ index: maker, next: 0 });
    }
  }
  return ordered;
}

/**
 * The nodes without those that the output does not depend on, in an order in which they can be computed.
 *
 * @param given names of values that are there without a node
 * @throws InputError if two nodes give one value, or one needs what is computed of its own result
 */
export function neededNodes(
  nodes: readonly NodeProto[],
  output: string,
  given: Iterable<string>,
): NodeProto[] {
  const needed = new Set([output]);
  const there = new Set(given);
  const found = inOrder(nodes)
    .toReversed()
    .filter((node) => {
      if (!node.output.some((name) => needed.has(name))) return false;
      for (const name of node.input) needed.add(name);
      return true;
    })
    .toReversed();
  for (const node of found) {
    for (const name of node.output) {
      if (name !== "" && there.has(name)) {
        throw new InputError(
          `${describeNode(node)} gives ${JSON.stringify(name)}, which is there already; the file is damaged, ` +
            `export it again`,
        );
      }
      there.add(name);
    }
  }
  return found;
}
