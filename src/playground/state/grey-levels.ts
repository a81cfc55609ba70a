/** Side of an image, in pixels. */
export const side = 28;
export const pixelCount = side * side;

/** The darkest ink: pixels are whole numbers from 0 to this, so that an image is short enough for a link. */
export const mostInk = 15;

/** An image of 28 × 28 whole numbers from 0 to 15, row by row. */
export type GreyImage = readonly number[];

/** Values from 0 to 1, as the models take them. */
export const valuesOf = (image: GreyImage): number[] => image.map((ink) => ink / mostInk);

/** A hexadecimal digit a pixel. */
export const toHexadecimal = (image: GreyImage): string => image.map((ink) => ink.toString(16)).join("");

const urlLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/** Longest run of equal pixels that one pair of letters writes. */
const longestRun = 64;

/** An image as runs of equal pixels, two letters each: how many, and how dark. */
export function toLetters(image: GreyImage): string {
  let letters = "";
  for (let start = 0; start < image.length;) {
    let run = 1;
    while (run < longestRun && image[start + run] === image[start]) run++;
    letters += urlLetters[run - 1] + urlLetters[image[start]];
    start += run;
  }
  return letters;
}

/** The image of such runs; undefined if they are not those of one. */
export function fromLetters(letters: string): GreyImage | undefined {
  const image: number[] = [];
  for (let i = 0; i < letters.length; i += 2) {
    const run = urlLetters.indexOf(letters[i]) + 1;
    const ink = i + 1 < letters.length ? urlLetters.indexOf(letters[i + 1]) : -1;
    if (run < 1 || ink < 0 || ink > mostInk || image.length + run > pixelCount) return undefined;
    for (let k = 0; k < run; k++) image.push(ink);
  }
  return image.length === pixelCount ? image : undefined;
}

/** Heights of a drawn curve, whole numbers from 0 to 63, a letter each. */
export const curveSteps = 63;
export const heightsToLetters = (heights: readonly number[]): string =>
  heights.map((height) => urlLetters[height]).join("");

/** The heights; undefined if a letter is none. */
export function heightsFromLetters(letters: string): number[] | undefined {
  const heights = Array.from(letters, (letter) => urlLetters.indexOf(letter));
  return heights.every((height) => height >= 0) ? heights : undefined;
}
