/** A CKKS set of a small degree, which is quick and protects nothing. */
export const teachingSet = {
  scheme: "ckks",
  poly_modulus_degree: 1024,
  coeff_modulus_bits: [50, 60, 48, 60],
  scale_bits: 20,
  weight_scale_bits: 16,
  security: "teaching",
  packing: "batch",
} as const;

/** PyCrCNN's words, as its own file has them. */
export const originalSet = { m: 2048, p: 13513511, sec: 128, base: 2, rencrypt_positions: [] } as const;

export const inCamelCase = (fields: object): object =>
  Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [
      name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      field as unknown,
    ]),
  );

export const without = (fields: object, name: string): object =>
  Object.fromEntries(Object.entries(fields).filter(([field]) => field !== name));
