import { right, wrong, type Exercise, type Random, type Verdict } from "../exercise.js";
import { integer } from "../random.js";
import { numbers, responses, shown } from "../responses.js";
import { InputError } from "../../../he-ml/errors.js";
import { levelsOfDegree } from "./levels.js";

export interface ChainedLayer {
  readonly kind: "linear" | "averagePool" | "polynomial";
  /** Of a polynomial; 0 of another layer. */
  readonly degree: number;
}

export interface DeepNetwork {
  readonly layers: readonly ChainedLayer[];
  /** Data primes of a fresh ciphertext. */
  readonly primes: number;
}

/** Re-encrypt as seldom as a chain allows. */
export const reencryptBefore: Exercise<
  readonly DeepNetwork[],
  (network: { layers: { kind: string; degree: number }[]; primes: number }) => number[],
  null,
  readonly unknown[]
> = {
  id: "reencrypt-before",
  lesson: "06",
  title: "re-encrypt as seldom as a chain allows",
  points: 2,
  answer: "reencryptBefore",
  hints: [
    "Walk through the layers with the levels that are left in hand. How many times can a fresh ciphertext of so many data primes be rescaled? And what does each layer take?",
    "A fresh one has primes − 1 rescales in it, for the first prime stays. A linear layer takes 1, a pooling 0, a polynomial what its degree needs. Put off a re-encryption for as long as the next layer still fits.",
    "Let left = primes - 1. For each layer i with its levels: where levels > left, push i and let left = primes - 1 again; then left -= levels.",
  ],
  draw: (random) => ({ question: drawNetworks(random), secret: null }),
  ask: (answer, networks) =>
    networks.map(({ layers, primes }) => answer({ layers: layers.map((layer) => ({ ...layer })), primes })),
  judge(networks, _, response) {
    const answers = responses("reencryptBefore", response, networks.length);
    for (const [i, network] of networks.entries()) {
      const verdict = judgePositions(network, positionsOf(network, answers[i]));
      const of = `${network.layers.length} layers on ${network.primes} data primes`;
      if (verdict) return { ...verdict, says: `${of}: ${verdict.says}` };
    }
    return right(`${networks.length} networks, each re-encrypted as seldom as its chain allows`);
  },
};

function positionsOf({ layers }: DeepNetwork, answer: unknown): readonly number[] {
  if (!Array.isArray(answer)) {
    throw new InputError(
      `reencryptBefore: expected a list of positions, got ${shown(answer)}; return a list`,
    );
  }
  const positions = numbers("reencryptBefore", answer, answer.length);
  const isGood = positions.every(
    (position, i) =>
      Number.isInteger(position) &&
      position > 0 &&
      position < layers.length &&
      (i === 0 || position > positions[i - 1]),
  );
  if (isGood) return positions;
  throw new InputError(
    `reencryptBefore: expected rising positions from 1 to ${layers.length - 1}, got ${shown(answer)}; ` +
      `name the layers before which to encrypt afresh`,
  );
}

function judgePositions(network: DeepNetwork, positions: readonly number[]): Verdict | undefined {
  const failed = firstFailure(network, positions);
  if (failed) {
    const says =
      `layer ${failed.layer} (${named(network.layers[failed.layer])}) takes ${levels(failed.takes)}, ` +
      `and ${failed.left} ${failed.left === 1 ? "is" : "are"} left`;
    const why = mistake(network, positions);
    return wrong(why === undefined ? says : `${says}: ${why}`, why === undefined ? 1 : 2);
  }
  const least = seldom(network).length;
  if (positions.length === least) return undefined;
  return wrong(
    `it runs, but with too many re-encryptions: ${positions.length}, and ${least} ${least === 1 ? "does" : "do"}; ` +
      `each is a round trip to the client, who sees the values there`,
    2,
  );
}

const levels = (count: number) => `${count} level${count === 1 ? "" : "s"}`;
const named = ({ kind, degree }: ChainedLayer) =>
  kind === "polynomial" ? `${kind} of degree ${degree}` : kind;

type Counted = (layer: ChainedLayer) => number;

const takes: Counted = ({ kind, degree }) => {
  if (kind === "averagePool") return 0;
  return kind === "linear" ? 1 : levelsOfDegree(degree);
};

function firstFailure(
  { layers, primes }: DeepNetwork,
  positions: readonly number[],
  counted: Counted = takes,
): { readonly layer: number; readonly takes: number; readonly left: number } | undefined {
  let left = primes - 1;
  for (const [i, layer] of layers.entries()) {
    if (positions.includes(i)) left = primes - 1;
    const taken = counted(layer);
    if (taken > left) return { layer: i, takes: taken, left };
    left -= taken;
  }
  return undefined;
}

/** To put off each re-encryption for as long as possible takes the fewest. */
function seldom({ layers, primes }: DeepNetwork, counted: Counted = takes): number[] {
  const positions: number[] = [];
  let left = primes - 1;
  for (const [i, layer] of layers.entries()) {
    const taken = counted(layer);
    if (taken > left) {
      positions.push(i);
      left = primes - 1;
    }
    left -= taken;
  }
  return positions;
}

const countedOnce: Counted = (layer) => Math.min(takes(layer), 1);

const same = (a: readonly number[], b: readonly number[]) => a.join() === b.join();

function mistake(network: DeepNetwork, positions: readonly number[]): string | undefined {
  const { primes } = network;
  if (positions.length === 0) return "nothing is encrypted afresh";
  if (same(positions, seldom({ ...network, primes: primes + 1 }))) {
    return `${primes} data primes can be rescaled by ${primes - 1} times, for the first one stays`;
  }
  if (same(positions, behind(seldom(network)))) {
    return "positions name the layers before which values are encrypted afresh, not those behind which";
  }
  if (same(positions, seldom(network, countedOnce))) {
    return "a polynomial takes ⌈log2(degree + 1)⌉ levels, and a square one";
  }
  return undefined;
}

const behind = (positions: readonly number[]) => positions.map((position) => position - 1);

const degrees = [2, 3, 5, 7] as const;

/** Networks in which each typical mistake shows. */
function drawNetworks(random: Random): DeepNetwork[] {
  return [4, 5, 6].map((primes) => {
    for (;;) {
      const network = drawNetwork(random, primes, integer(random, 3, 4));
      if (isTelling(network)) return network;
    }
  });
}

function drawNetwork(random: Random, primes: number, blocks: number): DeepNetwork {
  const layers = Array.from({ length: blocks }, (): ChainedLayer[] => [
    { kind: "linear", degree: 0 },
    { kind: "polynomial", degree: degrees[integer(random, 0, degrees.length - 1)] },
    ...(random() < 0.6 ? [{ kind: "averagePool", degree: 0 } as const] : []),
  ]).flat();
  return { layers: [...layers, { kind: "linear", degree: 0 }], primes };
}

function isTelling(network: DeepNetwork): boolean {
  const { primes, layers } = network;
  const best = seldom(network);
  const tooLong = seldom({ layers, primes: primes + 1 });
  const once = seldom(network, countedOnce);
  const activations = layers.filter(({ kind }) => kind === "polynomial").length;
  return (
    best.length >= 1 &&
    best.length < activations &&
    tooLong.length >= 1 &&
    [tooLong, once, behind(best)].every((positions) => firstFailure(network, positions) !== undefined)
  );
}
