import { expect } from "@jest/globals";
import * as fc from "fast-check";
import { JSDOM } from "jsdom";
import { table, toMimeBundle } from "../../../src/notebook/display/index.js";

const isSurrogate = (code: number) => code >= 0xd800 && code < 0xe000;

/** Of all code points, and often of the first: fast-check's own take it most of a second to prepare. */
const anyText = fc
  .array(
    fc.oneof(fc.nat(0x2ff), fc.nat(0x10ffff)).filter((code) => !isSurrogate(code)),
    { maxLength: 40 },
  )
  .map((codes) => String.fromCodePoint(...codes));

/** As often as told, with another text: it comes back from a table's HTML, but for control characters. */
export function checkAnyText(numRuns: number): void {
  fc.assert(
    fc.property(anyText, (name) => {
      const page = JSDOM.fragment(String(toMimeBundle(table([{ name }]))?.["text/html"]));
      const [cell, ...more] = page.querySelectorAll("tbody th");
      expect(more).toEqual([]);
      const shown = cell.textContent!;
      expect(shown).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
      expect(Array.from(shown.replaceAll("\ufffd", ""))).toEqual(
        Array.from(name.replace(/\s+/g, " ")).filter(
          (character) => shown.includes(character) && character !== "\ufffd",
        ),
      );
    }),
    { numRuns },
  );
}
