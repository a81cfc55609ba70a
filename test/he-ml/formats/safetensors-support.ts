export interface SafetensorsEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [begin: number, end: number];
}

/** The bytes of a safetensors file, whatever its header says. */
export function safetensorsFile(
  header: Readonly<Record<string, unknown>>,
  data: Uint8Array,
  padding = "",
): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header) + padding);
  const file = new Uint8Array(8 + json.length + data.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  file.set(data, 8 + json.length);
  return file;
}
