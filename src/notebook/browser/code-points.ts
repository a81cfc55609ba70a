/** Jupyter counts a cursor in code points since its protocol 5.2; strings of JavaScript count in UTF-16 units. */

/** The index in `text` of the code point of that count; the text's end for all that lies behind it. */
export function unitsOf(text: string, codePoints: number): number {
  let index = 0;
  for (let count = 0; count < codePoints && index < text.length; count++)
    index += text.codePointAt(index)! > 0xffff ? 2 : 1;
  return index;
}

/** How many code points stand before an index of `text`. */
export const codePointsOf = (text: string, units: number): number => [...text.slice(0, units)].length;
