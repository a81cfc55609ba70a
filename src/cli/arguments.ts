import { InvalidArgumentError } from "commander";

/** A parser of option values for commander. */
export function wholeNumber(minimum: number, maximum?: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < minimum || value > (maximum ?? Number.MAX_SAFE_INTEGER)) {
      const range = maximum === undefined ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
      throw new InvalidArgumentError(`Expected a whole number ${range}.`);
    }
    return value;
  };
}

/** Parses an error relative to the largest output. */
export function relativeError(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value > 0 && value <= 1)) {
    throw new InvalidArgumentError("Expected a number above 0, up to 1.");
  }
  return value;
}

/** A parser of lists of layers' numbers, as 3,5. */
export function layerNumbers(text: string): number[] {
  if (/^\d{1,6}(,\d{1,6})*$/.test(text)) return text.split(",").map(Number);
  throw new InvalidArgumentError("Expected numbers of layers with commas between, as 3,5.");
}

/** A parser of ranges of layers: 0-3, or the number of one. */
export function layerRange(text: string): number[] {
  const [first, last = first] = /^\d{1,6}(-\d{1,6})?$/.test(text) ? text.split("-").map(Number) : [];
  if (first === undefined || last < first || last - first > mostLayers) {
    throw new InvalidArgumentError("Expected a range of layers, as 0-3.");
  }
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

const mostLayers = 100_000;
