import { compiledWasm } from "../kernels/compiled-wasm.js";
import { WebAssembly, type WasmInstance } from "../kernels/web-assembly.js";

/**
 * The stack that compiled C++ keeps in linear memory. An exception that leaves WASM for JavaScript does not take it
 * back, so each one uses some of it up; after a few thousand it would run into other data.
 */
export interface WasmStack {
  /** Where its end is now. */
  save(): number;
  /** Gives up all that was put on it since `save`. */
  restore(pointer: number): void;
}

/** Options for node-seal's `initialize` that let its instance's stack be reached. */
export interface InstanceHook {
  readonly options: Record<string, unknown>;
  /** The stack, or a rejection where the WASM could not be loaded; settled before `initialize` is. */
  readonly stack: Promise<WasmStack>;
}

const wasmFile = "seal_throws.wasm";

export function hookInstance(): InstanceHook {
  let resolve!: (stack: WasmStack) => void;
  let reject!: (reason: unknown) => void;
  const stack = new Promise<WasmStack>((...settle) => ([resolve, reject] = settle));
  return {
    stack,
    options: {
      instantiateWasm(
        this: { locateFile(path: string): string },
        imports: unknown,
        receive: (instance: WasmInstance) => void,
      ) {
        compiledWasm(this.locateFile(wasmFile))
          .then((module) => WebAssembly.instantiate(module, imports))
          .then((instance) => {
            resolve(stackOf(instance));
            receive(instance);
          })
          .catch(reject);
      },
    },
  };
}

/** The version of node-seal that package.json pins; no other is worked with. */
export const sealVersion = "7.0.0";

// node-seal 7.0.0 minifies _emscripten_stack_get_current and __emscripten_stack_restore to these.
function stackOf({ exports: { $: save, Z: restore } }: WasmInstance): WasmStack {
  if (typeof save === "function" && typeof restore === "function") {
    const stack = { save, restore } as unknown as WasmStack;
    const top = stack.save();
    const moved = top - 16;
    stack.restore(moved);
    const works = stack.save() === moved;
    stack.restore(top);
    if (works) return stack;
  }
  throw new Error(
    `node-seal: its WASM is not that of version ${sealVersion}, whose exceptions HE-ML can clean up after`,
  );
}
