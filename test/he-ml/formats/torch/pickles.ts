/** Pieces of pickles, as Python's pickletools names their instructions; protocol 2 unless another is asked for. */

const text = new TextEncoder();

function bytesOf(...parts: readonly (number | string | Uint8Array)[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) => {
      if (typeof part === "number") return [part];
      return [...(typeof part === "string" ? text.encode(part) : part)];
    }),
  );
}

function lengthOf(count: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(count).buffer);
}

export const none = bytesOf("N");
export const emptyDictionary = bytesOf("}");
export const unicode = (value: string) => {
  const encoded = text.encode(value);
  return bytesOf("X", lengthOf(encoded.length), encoded);
};
export const integer = (value: number) => bytesOf("J", new Uint8Array(Int32Array.of(value).buffer));
export const global = (module: string, name: string) => bytesOf("c", module, "\n", name, "\n");
export const stackGlobal = (module: string, name: string) => bytesOf(unicode(module), unicode(name), 0x93);
export const tuple = (...items: readonly Uint8Array[]) => bytesOf("(", ...items, "t");
export const list = (...items: readonly Uint8Array[]) => bytesOf("](", ...items, "e");
export const dictionary = (...items: readonly (readonly [Uint8Array, Uint8Array])[]) =>
  bytesOf("}(", ...items.flat(), "u");
export const reduce = (callable: Uint8Array, args: Uint8Array) => bytesOf(callable, args, "R");
export const newObject = (type: Uint8Array, args: Uint8Array) => bytesOf(type, args, 0x81);
export const newObjectEx = (type: Uint8Array, args: Uint8Array, named: Uint8Array) =>
  bytesOf(type, args, named, 0x92);
export const build = (object: Uint8Array, state: Uint8Array) => bytesOf(object, state, "b");
export const dropped = (value: Uint8Array) => bytesOf(value, "0");
export const sequence = bytesOf;
export const pickle = (value: Uint8Array, protocol = 2) => bytesOf(0x80, protocol, value, ".");

/** A module as torch pickles it, with these attributes and nothing else. */
export function torchModule(
  path: string,
  name: string,
  ...attributes: readonly (readonly [string, Uint8Array])[]
): Uint8Array {
  const state = dictionary(...attributes.map(([key, value]) => [unicode(key), value] as const));
  return build(newObject(global(`torch.nn.modules.${path}`, name), tuple()), state);
}

/** A pickled nn.Sequential of these modules. */
export function sequential(...modules: readonly Uint8Array[]): Uint8Array {
  const children = dictionary(...modules.map((module, i) => [unicode(String(i)), module] as const));
  return torchModule("container", "Sequential", ["_modules", children]);
}
