import * as z from "zod";
import { InputError } from "../../../he-ml/errors.js";
import { checkParameters, maxCoeffModulusBits } from "../../../he-ml/crypto/parameters.js";
import { right, wrong, type Exercise, type Random, type Verdict } from "../exercise.js";
import { integer } from "../random.js";
import { responses, shown } from "../responses.js";

type Layer = "linear" | "square" | "flatten";

export interface NetworkNeeds {
  readonly layers: readonly Layer[];
  /** log2 of the inputs' scale. A rescale after each square comes back to it. */
  readonly scaleBits: number;
  /** log2 of the weights' scale. */
  readonly weightScaleBits: number;
  /** No value in the network is larger. */
  readonly largest: number;
}

const chainSchema = z.strictObject({
  polyModulusDegree: z.number(),
  coeffModulusBits: z.array(z.number()).max(100),
});
type Chain = z.infer<typeof chainSchema>;

/** Name the chain that a network needs, and the ring that keeps it secure. */
export const shortestChain: Exercise<
  readonly NetworkNeeds[],
  (network: { layers: Layer[]; scaleBits: number; weightScaleBits: number; largest: number }) => {
    polyModulusDegree: number;
    coeffModulusBits: number[];
  },
  null,
  readonly Chain[]
> = {
  id: "shortest-chain",
  lesson: "04",
  title: "the shortest chain for a network",
  points: 2,
  answer: "shortestChain",
  hints: [
    "Walk through the layers with the scale in hand: linear adds weightScaleBits to it, square doubles it, flatten leaves it. What must a rescale take away after a square?",
    "The prime behind a square has as many bits as the scale is above scaleBits. The first square uses the last data prime. What is left at the end must hold the last scale, the largest value and its sign.",
    "The chain is [first prime, …primes of the squares, the first square's last, special]: the first prime has lastScale + Math.ceil(Math.log2(largest)) + 1 bits, the special one as many as the largest other. " +
      "Then N is the least key of maxCoeffModulusBits whose limit is not below the sum.",
  ],
  draw: (random) => ({ question: drawNetworks(random), secret: null }),
  ask: (answer, networks) => networks.map((network) => answer({ ...network, layers: [...network.layers] })),
  judge(networks, _, response) {
    const chains = responses("shortestChain", response, networks.length);
    for (const [i, network] of networks.entries()) {
      const verdict = judgeChain(network, chainOf(chains[i]));
      if (verdict) return { ...verdict, says: `${named(network)}: ${verdict.says}` };
    }
    return right(`the shortest chains for ${networks.length} networks`);
  },
};

function chainOf(response: unknown): Chain {
  const parsed = chainSchema.safeParse(response);
  if (parsed.success) return parsed.data;
  throw new InputError(
    `shortestChain: expected { polyModulusDegree, coeffModulusBits }, got ${shown(response)}; return both`,
  );
}

const named = ({ layers, scaleBits, weightScaleBits, largest }: NetworkNeeds) =>
  `${layers.join("→")} (scaleBits ${scaleBits}, weightScaleBits ${weightScaleBits}, largest ${largest})`;

function judgeChain(network: NetworkNeeds, chain: Chain): Verdict | undefined {
  const { scaleBits, weightScaleBits } = network;
  checkParameters({ ...chain, scaleBits, weightScaleBits });
  const data = chain.coeffModulusBits.slice(0, -1);
  const special = chain.coeffModulusBits.at(-1)!;
  const walked = walk(network, data);
  if ("says" in walked) return orderOf(network, data) ?? specialForgotten(network, chain) ?? walked;
  const { spare, spareBits } = walked;
  if (spare > 0) {
    return wrong(
      `it runs, but with too many levels: ${spare} of ${data.length} data primes ${spare === 1 ? "is" : "are"} never divided by, ` +
        `and make${spare === 1 ? "s" : ""} every operation dearer`,
      2,
    );
  }
  if (spareBits > 0) {
    return wrong(`it runs, but its first prime has ${bitsMore(spareBits)} than needed`, 2);
  }
  const most = Math.max(...data);
  if (special < most) {
    return wrong(
      `the last prime is the special one, which is to divide the noise of key switches down: with ${special} bits ` +
        `it is smaller than the data prime of ${most}`,
      2,
    );
  }
  if (special > most) {
    return wrong(
      `it runs, but its special prime has ${bitsMore(special - most)} than the largest other, of ${most}`,
      2,
    );
  }
  return judgeRing(chain);
}

const bitsMore = (bits: number) => `${bits} bit${bits === 1 ? "" : "s"} more`;

/** Where the same primes would do in another order. */
function orderOf(network: NetworkNeeds, data: readonly number[]): Verdict | undefined {
  const runs = (order: readonly number[]) => {
    const walked = walk(network, order);
    return !("says" in walked) && walked.spare === 0 && walked.spareBits === 0;
  };
  const [first, ...ofSquares] = data;
  if (runs([first, ...ofSquares.reverse()])) {
    return wrong(
      "the primes of the squares stand in the order of the squares, but the last data prime goes first: put the first square's last",
      2,
    );
  }
  const last = data.at(-1)!;
  if (runs([last, ...data.slice(0, -1)]) || runs([...data].reverse())) {
    return wrong(
      "the prime that stays to the end comes last among the data primes, but rescales divide by the last ones: put it first",
      2,
    );
  }
  return undefined;
}

function specialForgotten(network: NetworkNeeds, { coeffModulusBits }: Chain): Verdict | undefined {
  const squares = network.layers.filter((layer) => layer === "square").length;
  if (coeffModulusBits.length - 1 > squares || "says" in walk(network, coeffModulusBits)) return undefined;
  return wrong(
    "all its primes together would do, but the last one is special: keys alone use it, and no rescale divides by it",
    2,
  );
}

function judgeRing({ polyModulusDegree, coeffModulusBits }: Chain): Verdict | undefined {
  const total = coeffModulusBits.reduce((sum, bits) => sum + bits, 0);
  const degrees = Object.keys(maxCoeffModulusBits).map(Number);
  const least = degrees.find((degree) => maxCoeffModulusBits[degree] >= total)!;
  if (polyModulusDegree === least) return undefined;
  return wrong(
    `it runs, but N = ${polyModulusDegree} is larger than ${total} bits need: ${maxCoeffModulusBits[least]} are secure at ${least}`,
    2,
  );
}

/** Scale and modulus through the layers. @returns data primes and bits that are too many, or what goes wrong */
function walk(
  { layers, scaleBits, weightScaleBits, largest }: NetworkNeeds,
  data: readonly number[],
): Verdict | { readonly spare: number; readonly spareBits: number } {
  const left = [...data];
  const valueBits = Math.ceil(Math.log2(largest)) + 1;
  let scale = scaleBits;
  for (const [i, layer] of layers.entries()) {
    const name = `layer ${i + 1} (${layer})`;
    if (layer === "linear") scale += weightScaleBits;
    if (layer === "square") scale *= 2;
    const spareBits = sum(left) - scale - valueBits;
    if (spareBits < 0) return noRoom(name, scale, valueBits, sum(left));
    if (layer !== "square") continue;
    if (left.length === 1)
      return wrong(`no prime is left to rescale by after ${name}: the first one stays`, 2);
    const prime = left.pop()!;
    scale -= prime;
    if (scale !== scaleBits) {
      return wrong(
        `the rescale after ${name} divides by ${prime} bits and leaves a scale of 2^${scale}, where 2^${scaleBits} is wanted`,
        2,
      );
    }
    const room = sum(left) - scale - valueBits;
    if (room < 0) return noRoom(`the rescale after ${name}`, scale, valueBits, sum(left));
  }
  return { spare: left.length - 1, spareBits: left[0] - scale - valueBits };
}

const noRoom = (where: string, scale: number, valueBits: number, left: number) =>
  wrong(
    `after ${where} values at a scale of 2^${scale} need ${scale + valueBits} bits, with ${valueBits} for the largest and its sign, ` +
      `and ${left} are left: they wrap around`,
    2,
  );

const sum = (bits: readonly number[]) => bits.reduce((all, one) => all + one, 0);

/** Of one, two and three squares, not all with a linear layer before, so that their primes differ in either order, or at the end. */
function drawNetworks(random: Random): NetworkNeeds[] {
  const shapes: readonly (readonly Layer[])[] = [
    ["flatten", "linear", "square", "linear"],
    ["square", "flatten", "linear", "square"],
    ["linear", "square", "flatten", "linear", "square", "square", "linear"],
  ];
  return shapes.map((layers) => ({
    layers,
    scaleBits: integer(random, 21, 28),
    weightScaleBits: integer(random, 10, 15),
    // Odd, so that it is no power of two.
    largest: 2 * integer(random, 5, 450) + 1,
  }));
}
