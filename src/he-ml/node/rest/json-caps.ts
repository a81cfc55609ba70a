import { InputError } from "../../errors.js";

/** Lists and objects within one another: the deepest that a request has are a batch's values, or an output's slot layout. */
const mostDepth = 32;
/** Entries of lists: at most a slot layout's slots, or a batch's ciphertexts. */
const mostEntries = 2 ** 18;
/** Fields of objects. */
const mostFields = 1000;
/** Bytes outside of texts. */
const mostBetween = 2 ** 24;
/** Quotes within texts: a JSON text within JSON has two for each of its own texts. */
const mostQuoted = 2 * mostEntries;

const [quote, backslash] = [0x22, 0x5c];
const [comma, colon] = [0x2c, 0x3a];
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Holds JSON against what any request has, before it is parsed: as objects, the values of a few MiB can take gigabytes. Whether it is
 * JSON at all is left to the parser.
 *
 * @throws InputError if it is deeper, or has more values
 */
export function requireModestJson(what: string, json: Uint8Array): void {
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
        if (++entries > mostEntries) throw refuse(`${mostEntries} values`);
        break;
      case colon:
        if (++fields > mostFields) throw refuse(`${mostFields} fields`);
        break;
    }
    if (at - inTexts > mostBetween) throw refuse(`${mostBetween} bytes outside of texts`);
  }
}

/** Whether an odd number of backslashes stands before it. */
function isEscaped(json: Uint8Array, at: number): boolean {
  let first = at;
  while (json[first - 1] === backslash) first--;
  return (at - first) % 2 === 1;
}
