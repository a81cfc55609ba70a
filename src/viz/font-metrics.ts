import { InputError } from "../he-ml/errors.js";
/** Widths and heights of text in one font, for a font size of 1 pixel. */
export interface FontMetrics {
  /** Advance width of the text, without kerning. */
  width(text: string): number;
  /** From the baseline up to the top of a line. */
  readonly ascent: number;
  /** From the baseline down to the bottom of a line. */
  readonly descent: number;
}

/**
 * Reads the advance widths of a TrueType font.
 * Tables: https://learn.microsoft.com/typography/opentype/spec/ (head, hhea, hmtx, and cmap in format 12).
 *
 * @throws InputError if the bytes are no TrueType font with such tables.
 */
export function readFontMetrics(font: Uint8Array): FontMetrics {
  const bytes = new DataView(font.buffer, font.byteOffset, font.byteLength);
  const tables = readTableOffsets(bytes);
  const table = (tag: string): number => {
    const offset = tables.get(tag);
    if (offset === undefined) throw new InputError(`readFontMetrics: the font has no table "${tag}"`);
    return offset;
  };
  const unitsPerEm = bytes.getUint16(table("head") + 18);
  const hhea = table("hhea");
  const advanceCount = bytes.getUint16(hhea + 34);
  const glyphOf = readCharacterMap(bytes, table("cmap"));
  const advance = (character: string): number => {
    const glyph = Math.min(glyphOf(character.codePointAt(0)!), advanceCount - 1);
    return bytes.getUint16(table("hmtx") + 4 * glyph) / unitsPerEm;
  };
  return {
    width: (text) => Array.from(text).reduce((sum, character) => sum + advance(character), 0),
    ascent: bytes.getInt16(hhea + 4) / unitsPerEm,
    descent: -bytes.getInt16(hhea + 6) / unitsPerEm,
  };
}

function readTableOffsets(bytes: DataView): Map<string, number> {
  const count = bytes.getUint16(4);
  return new Map(
    Array.from({ length: count }, (_, index) => {
      const entry = 12 + 16 * index;
      const tag = String.fromCharCode(...[0, 1, 2, 3].map((i) => bytes.getUint8(entry + i)));
      return [tag, bytes.getUint32(entry + 8)];
    }),
  );
}

/** Code point → glyph, 0 (the box that stands for a missing glyph) where the font has none. */
function readCharacterMap(bytes: DataView, cmap: number): (codePoint: number) => number {
  const subtables = Array.from(
    { length: bytes.getUint16(cmap + 2) },
    (_, index) => cmap + bytes.getUint32(cmap + 4 + 8 * index + 4),
  );
  const subtable = subtables.find((offset) => bytes.getUint16(offset) === 12);
  if (subtable === undefined) {
    throw new InputError("readFontMetrics: the font has no character map in format 12");
  }
  const groups = Array.from({ length: bytes.getUint32(subtable + 12) }, (_, index) => {
    const group = subtable + 16 + 12 * index;
    return {
      first: bytes.getUint32(group),
      last: bytes.getUint32(group + 4),
      glyph: bytes.getUint32(group + 8),
    };
  });
  return (codePoint) => {
    const group = groups.find(({ first, last }) => first <= codePoint && codePoint <= last);
    return group ? group.glyph + codePoint - group.first : 0;
  };
}
