import * as z from "zod";

/** What a schema describes, with nothing to be written to: the schema is the only place where the type is stated. */
export type TypeOf<Schema extends z.ZodType> = ReadonlyDeep<z.output<Schema>>;

// By way of `infer`, tools show the fields themselves, and not the names that zod has for them.
type ReadonlyDeep<T> = unknown extends T
  ? T
  : T extends ArrayBufferView
    ? T
    : T extends infer Fields
      ? { readonly [Key in keyof Fields]: ReadonlyDeep<Fields[Key]> }
      : never;

/** Of things that are counted. */
export const countSchema = z.int().min(0);

export const shapeSchema = z.array(countSchema);

/** A number that was measured; JSON writes NaN and infinities as null. */
export const measuredSchema = z.custom<number>((value) => typeof value === "number" || value === null, {
  error: "expected a number",
});

export const bytesSchema = z.custom<Uint8Array>((value) => value instanceof Uint8Array, {
  error: "expected a Uint8Array",
});
