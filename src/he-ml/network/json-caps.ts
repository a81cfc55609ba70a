import { InputError } from "../errors.js";

/** What JSON may have in it. */
export interface JsonCaps {
  /** Entries of lists, and fields but for the first of each object. */
  readonly entries: number;
  /** Fields of objects. */
  readonly fields: number;
  /** Bytes outside of texts. */
  readonly between: number;
}

/** A request has a slot layout's slots, or a batch's ciphertexts, at most. */
export const requestCaps: JsonCaps = { entries: 2 ** 18, fields: 1000, between: 2 ** 24 };
/** An answer has several layouts for each of several programs, with their rotations. */
export const answerCaps: JsonCaps = { entries: 2 ** 20, fields: 2 ** 16, between: 2 ** 25 };

/** Lists and objects within one another: the deepest are a batch's values, or an output's slot layout. */
const mostDepth = 32;
/** Quotes within texts: a JSON text within JSON has two for each of its own texts. */
const mostQuoted = 2 ** 19;

const [quote, backslash] = [0x22, 0x5c];
const [comma, colon] = [0x2c, 0x3a];
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Holds JSON against what it may have in it, before it is parsed: as objects, the values of a few MiB can take gigabytes. Whether it is
 * JSON at all is left to the parser.
 *
 * @throws InputError if it is deeper, or has more values
 */
export function requireModestJson(what: string, json: Uint8Array, most: JsonCaps): void {
  const refuse = (expected: string) => new InputError(`${what}: expected JSON with at most ${expected}`);
  let [depth, entries, fields, quoted, inTexts] = [0, 0, 0, 0, 0];
  for (let at = 0; at < json.length; at++) {
    switch (json[at]) {
      case quote: {
        let end = json.indexOf(quote, at + 1);
        for (; end >= 0 && isEscaped(json, end); end = json.indexOf(quote, end + 1)) {
          if (++quoted > mostQuoted) throw refuse(`${mostQuoted} quotes within texts`);
        }
        if (end < 0) return;
        inTexts += end - at;
        at = end;
        break;
      }
      case openList:
      case openObject:
        if (++depth > mostDepth) throw refuse(`${mostDepth} lists and objects within one another`);
        break;
      case closeList:
      case closeObject:
        depth--;
        break;
      case comma:
        if (++entries > most.entries) throw refuse(`${most.entries} values`);
        break;
      case colon:
        if (++fields > most.fields) throw refuse(`${most.fields} fields`);
        break;
    }
    if (at - inTexts > most.between) throw refuse(`${most.between} bytes outside of texts`);
  }
}

/** Whether an odd number of backslashes stands before it. */
function isEscaped(json: Uint8Array, at: number): boolean {
  let first = at;
  while (json[first - 1] === backslash) first--;
  return (at - first) % 2 === 1;
}
