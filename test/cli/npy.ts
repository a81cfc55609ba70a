/** A file as `numpy.save` writes it, by the format's own words. */
export function npy(
  type: string,
  shape: readonly number[],
  { buffer, byteOffset, byteLength }: NodeJS.TypedArray,
  isFortran = false,
): Buffer {
  const axes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const order = isFortran ? "True" : "False";
  const header = `{'descr': '${type}', 'fortran_order': ${order}, 'shape': (${axes}), }`.padEnd(117) + "\n";
  const start = Buffer.from("\x93NUMPY\x01\0\0\0", "latin1");
  start.writeUInt16LE(header.length, 8);
  return Buffer.concat([start, Buffer.from(header, "latin1"), Buffer.from(buffer, byteOffset, byteLength)]);
}
