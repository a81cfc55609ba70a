import type * as z from "zod";
import { bytesType } from "../../network/protocol.js";
import { HttpError, fieldRefusal, wrongTypeError } from "../../rest/http-error.js";
import { mostParamLength } from "../../rest/limits.js";
import type { Route } from "../../rest/route.js";

export const jsonType = "application/json";

/** What stands in a path for a route's parameters, or undefined where it is another address. */
export function parametersIn(route: string, path: string): Readonly<Record<string, string>> | undefined {
  const [wanted, given] = [route.split("/"), path.split("/")];
  if (wanted.length !== given.length) return undefined;
  const found: Record<string, string> = {};
  for (const [i, part] of wanted.entries()) {
    if (part.startsWith(":")) found[part.slice(1)] = given[i];
    else if (part !== given[i]) return undefined;
  }
  return found;
}

/** @throws HttpError bad-request if a part is no UTF-8, or longer than any is */
export function decoded(parameters: Readonly<Record<string, string>>): Record<string, string> {
  if (Object.values(parameters).some(({ length }) => length > mostParamLength)) {
    throw new HttpError(
      "bad-request",
      `the address cannot be read: a part has more than ${mostParamLength} characters`,
    );
  }
  try {
    return Object.fromEntries(
      Object.entries(parameters).map(([name, part]) => [name, decodeURIComponent(part)]),
    );
  } catch {
    throw new HttpError(
      "bad-request",
      "the address cannot be read: what stands behind a % in it is no UTF-8",
    );
  }
}

/** What stands more than once is a list. */
export function queryOf({ url }: Request): Record<string, string | string[]> {
  const { searchParams } = new URL(url);
  const names = [...new Set(searchParams.keys())];
  return Object.fromEntries(
    names.map((name) => {
      const all = searchParams.getAll(name);
      return [name, all.length > 1 ? all : all[0]];
    }),
  );
}

/** @throws HttpError bad-request naming the field that does not fit */
export function checked(schema: z.ZodType, part: string, value: unknown): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new HttpError("bad-request", fieldRefusal([part, ...path.map(String)], message));
}

/**
 * Holds a body against the content type of its route.
 *
 * @returns whether there is none
 * @throws HttpError wrong-type
 */
export async function isWithoutBody(request: Request, { body }: Route): Promise<boolean> {
  const expected = typeof body === "object" ? jsonType : bytesType;
  const type = request.headers.get("content-type");
  if (type?.split(";")[0].trim().toLowerCase() === expected) return false;
  // Not every browser tells whether there is a body without reading it.
  if (type === null && (await request.blob()).size === 0) return true;
  throw wrongTypeError();
}
