import { isOperation, mostOperations, shownSlots, type BenchOperation } from "../bench/operations.js";
import {
  fromLetters,
  heightsFromLetters,
  heightsToLetters,
  toLetters,
  type GreyImage,
} from "./grey-levels.js";

export const modelNames = ["lenet1", "mnist-small"] as const;
export type ModelName = (typeof modelNames)[number];

/** What the page "draw a digit" shows. */
export interface DrawState {
  readonly page: "draw";
  readonly model: ModelName;
  /** One of the ten test digits, or what was drawn; neither: nothing yet. */
  readonly image?: { readonly digit: number } | { readonly drawn: GreyImage };
  /** Address of a server that computes; in the page if left out. */
  readonly server?: string;
  /** Number of the stage that is looked into, 0 for the input. */
  readonly inside?: number;
}

/** What the bench shows. */
export interface BenchState {
  readonly page: "bench";
  readonly polyModulusDegree: number;
  readonly coeffModulusBits: readonly number[];
  readonly scaleBits: number;
  readonly isTeaching: boolean;
  readonly values: { readonly numbers: readonly number[] } | { readonly heights: readonly number[] };
  /** `undefined` before anything is done; then what follows encoding, and, once encrypted, the operations. */
  readonly steps?: { readonly isEncrypted: boolean; readonly operations: readonly BenchOperation[] };
}

export type State = DrawState | BenchState;

export const startOfDraw: DrawState = { page: "draw", model: "mnist-small", image: { digit: 7 } };

/** A level for one product, at 128 bits of security; its curve is a wave, and it is encrypted. */
export const startOfBench: BenchState = {
  page: "bench",
  polyModulusDegree: 4096,
  coeffModulusBits: [40, 30, 39],
  scaleBits: 30,
  isTeaching: false,
  values: {
    heights: Array.from({ length: shownSlots }, (_, i) =>
      Math.round(31.5 + 28 * Math.sin((i * Math.PI) / 16)),
    ),
  },
};

/** A link that says something else than this page understands; the message tells what. */
export class LinkError extends Error {
  override readonly name = "LinkError";
}

const refuse = (field: string, expected: string, got: string): never => {
  const shown = got.length > 40 ? `${got.slice(0, 40)}…` : got;
  throw new LinkError(
    `link: ${field}: expected ${expected}, got "${shown}"; ask for the whole link again, or go on from the start`,
  );
};

function wholeNumber(field: string, text: string, least: number, most: number): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  return number >= least && number <= most
    ? number
    : refuse(field, `a number from ${least} to ${most}`, text);
}

/** @returns the address without what is behind its path @throws LinkError unless it is one of http or https */
export function serverAddress(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && ["http:", "https:"].includes(url.protocol) && !url.username && !url.password) {
    return `${url.origin}${url.pathname.replace(/\/$/, "")}`;
  }
  return refuse("server", "an address as http://localhost:8000", text);
}

type Fields = Readonly<Record<string, string>>;

function readDraw({ model = startOfDraw.model, digit, drawn, server, inside }: Fields): DrawState {
  const name = modelNames.find((each) => each === model) ?? refuse("model", modelNames.join(" or "), model);
  const image =
    digit !== undefined
      ? { digit: wholeNumber("digit", digit, 0, 9) }
      : drawn !== undefined
        ? { drawn: fromLetters(drawn) ?? refuse("drawn", "an image of 28 × 28 pixels", drawn) }
        : undefined;
  return {
    page: "draw",
    model: name,
    ...(image && { image }),
    ...(server !== undefined && { server: serverAddress(server) }),
    ...(inside !== undefined && { inside: wholeNumber("inside", inside, 0, 9) }),
  };
}

function readValues({ curve, numbers }: Fields): BenchState["values"] {
  if (curve !== undefined) {
    const heights = curve.length === shownSlots ? heightsFromLetters(curve) : undefined;
    return heights ? { heights } : refuse("curve", `${shownSlots} letters, one a slot`, curve);
  }
  if (numbers === undefined) return startOfBench.values;
  return {
    numbers: readNumbers(numbers) ?? refuse("numbers", `up to ${shownSlots} numbers with commas`, numbers),
  };
}

/** Numbers with commas or spaces between; undefined if they are none or too many, or one is larger than a million. */
export function readNumbers(text: string): number[] | undefined {
  const parts = text.trim().split(/[\s,;]+/);
  const numbers = parts.map(Number);
  const isRight =
    parts[0] !== "" && parts.length <= shownSlots && numbers.every((each) => Math.abs(each) <= 1e6);
  return isRight ? numbers : undefined;
}

function readSteps({ steps }: Fields): BenchState["steps"] {
  if (steps === undefined) return undefined;
  const [first, ...letters] = steps;
  const known = letters.filter(isOperation);
  if (first === "e" && letters.length === 0) return { isEncrypted: false, operations: [] };
  if (first !== "c" || known.length !== letters.length || letters.length > mostOperations) {
    refuse("steps", `e, or c and up to ${mostOperations} letters of operations`, steps);
  }
  return { isEncrypted: true, operations: known };
}

function readBench(fields: Fields): BenchState {
  const {
    n = "4096",
    chain = startOfBench.coeffModulusBits.join("-"),
    scale = "30",
    teaching = "0",
  } = fields;
  const polyModulusDegree = wholeNumber("n", n, 1024, 16384);
  if (!Number.isInteger(Math.log2(polyModulusDegree))) refuse("n", "a power of two", n);
  const bits = chain.split("-");
  if (bits.length < 2 || bits.length > 8) refuse("chain", "2 to 8 primes' bits with - between", chain);
  const read = readSteps(fields);
  return {
    page: "bench",
    polyModulusDegree,
    coeffModulusBits: bits.map((each) => wholeNumber("chain", each, 14, 60)),
    scaleBits: wholeNumber("scale", scale, 8, 60),
    isTeaching: wholeNumber("teaching", teaching, 0, 1) === 1,
    values: readValues(fields),
    ...(read && { steps: read }),
  };
}

const fieldsOf = {
  draw: ["model", "digit", "drawn", "server", "inside"],
  bench: ["n", "chain", "scale", "teaching", "curve", "numbers", "steps"],
} as const;

/** More is no link of this page's. */
const longestLink = 4000;

/**
 * What a link says.
 *
 * @param hash `location.hash`, with or without its #
 * @throws LinkError naming the field that is unknown or wrong
 */
export function readLink(hash: string): State {
  const text = hash.replace(/^#/, "");
  if (text === "") return startOfDraw;
  if (text.length > longestLink) refuse("the whole", `at most ${longestLink} letters`, text);
  const [page, query = ""] = text.split("?", 2);
  if (page !== "draw" && page !== "bench") return refuse("page", "draw or bench", page);
  const fields = [...new URLSearchParams(query)];
  const names = fields.map(([name]) => name);
  const known: readonly string[] = fieldsOf[page];
  const odd = names.find((name, i) => !known.includes(name) || names.indexOf(name) !== i);
  if (odd !== undefined) refuse(page, `fields ${known.join(", ")}, each once`, odd);
  const given = Object.fromEntries(fields);
  if (fields.length === 0) return page === "draw" ? startOfDraw : startOfBench;
  return page === "draw" ? readDraw(given) : readBench(given);
}

/** The link of a state, from its # on. */
export function linkOf(state: State): string {
  const query = new URLSearchParams(state.page === "draw" ? drawFields(state) : benchFields(state));
  return `#${state.page}?${query.toString()}`;
}

function drawFields({ model, image, server, inside }: DrawState): Record<string, string> {
  return {
    model,
    ...(image && "digit" in image && { digit: String(image.digit) }),
    ...(image && "drawn" in image && { drawn: toLetters(image.drawn) }),
    ...(server !== undefined && { server }),
    ...(inside !== undefined && { inside: String(inside) }),
  };
}

function benchFields(state: BenchState): Record<string, string> {
  const { polyModulusDegree, coeffModulusBits, scaleBits, isTeaching, values, steps } = state;
  return {
    n: String(polyModulusDegree),
    chain: coeffModulusBits.join("-"),
    scale: String(scaleBits),
    ...(isTeaching && { teaching: "1" }),
    ...("heights" in values
      ? { curve: heightsToLetters(values.heights) }
      : { numbers: values.numbers.join(",") }),
    ...(steps && { steps: steps.isEncrypted ? `c${steps.operations.join("")}` : "e" }),
  };
}

/** The values of a curve, from −1 to 1, or the numbers themselves. */
export const benchValues = (values: BenchState["values"]): readonly number[] =>
  "numbers" in values
    ? values.numbers
    : values.heights.map((height) => Math.round((height / 31.5 - 1) * 1000) / 1000);
