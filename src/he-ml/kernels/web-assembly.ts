/** A memory of WebAssembly, as far as it is used here. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

interface MemoryDescriptor {
  readonly initial: number;
  readonly maximum: number;
  readonly shared?: boolean;
}

export interface WasmInstance {
  readonly exports: Readonly<Record<string, unknown>>;
}

interface WebAssemblyNamespace {
  readonly Memory: new (descriptor: MemoryDescriptor) => WasmMemory;
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(module: object, imports: unknown): Promise<WasmInstance>;
}

/** Declared by TypeScript in its DOM library only, which the library does without. */
export const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyNamespace };

/** Bytes of a page of WebAssembly's memory. */
export const pageBytes = 65536;

/** WebAssembly's 4 GiB, which the kernels are built for. */
export const mostPages = 65536;
