import { inWords, isObject, requireArgument } from "../arguments.js";
import { InputError } from "../errors.js";

/**
 * Fields by their names in snake case, whether they were written so or in camel case.
 *
 * @param where names the object in messages
 * @param known the names that it may have
 * @throws InputError if it is no object, a field is unknown, or one is written in both ways
 */
export function snakeFields(
  where: string,
  value: unknown,
  known: readonly string[],
): Record<string, unknown> {
  requireArgument(
    where,
    isObject(value) && !Array.isArray(value),
    `an object with ${known.join(", ")}`,
    value,
  );
  const fields: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) {
    const snake = snakeCase(name);
    if (!known.includes(snake)) {
      throw new InputError(
        `${where}: unknown key ${inWords(name)}; expected ${known.join(", ")}, or the same in camel case`,
      );
    }
    if (snake in fields) {
      throw new InputError(
        `${where}: "${snake}" is given twice, in snake case and in camel case; leave one out`,
      );
    }
    fields[snake] = field;
  }
  return fields;
}

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The same fields by their names in camel case. */
export const camelFields = (fields: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [
      name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      field as unknown,
    ]),
  );
