import { expect } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../../../../src/he-ml/errors.js";
import { readArchive } from "../../../../src/he-ml/formats/torch/archive.js";
import { readTorch } from "../../../../src/he-ml/formats/torch/read.js";
import { seededRandom } from "../../support.js";
import { fixturesFolder } from "./fixtures.js";
import { zipOf } from "./zip.js";

const files = [
  "zip-protocol-2.pt",
  "zip-protocol-5.pt",
  "legacy-protocol-2.pt",
  "legacy-protocol-4.pt",
  "strided.pt",
  "batch-norm.pt",
  "nested.pt",
  "state-dict.pth",
].map((name) => new Uint8Array(readFileSync(join(fixturesFolder, name))));

type Random = () => number;
const below = (random: Random, limit: number) => Math.floor(random() * limit);

/** Ways to damage a file. */
const damages: readonly ((bytes: Uint8Array, random: Random) => Uint8Array)[] = [
  (bytes, random) => bytes.slice(0, below(random, bytes.length)),
  (bytes, random) => {
    const flipped = bytes.slice();
    for (let i = 1 + below(random, 4); i > 0; i--) {
      flipped[below(random, bytes.length)] ^= 1 << below(random, 8);
    }
    return flipped;
  },
  // The pickle lies at the start in both formats, where a change does most.
  (bytes, random) => {
    const changed = bytes.slice();
    changed[below(random, Math.min(1500, bytes.length))] = below(random, 256);
    return changed;
  },
  (bytes, random) => {
    const from = below(random, bytes.length);
    const length = below(random, 64);
    return Uint8Array.from([...bytes.subarray(0, from), ...bytes.subarray(from + length)]);
  },
  (bytes, random) => {
    const from = below(random, bytes.length);
    const noise = Uint8Array.from({ length: below(random, 32) }, () => below(random, 256));
    return Uint8Array.from([...bytes.subarray(0, from), ...noise, ...bytes.subarray(from)]);
  },
  (bytes, random) => {
    const changed = bytes.slice();
    const [from, to] = [below(random, bytes.length), below(random, bytes.length)];
    changed.copyWithin(to, from, from + below(random, 64));
    return changed;
  },
];

/** Damages the pickle in a zip file and packs it again, so that no checksum tells. */
async function repacked(bytes: Uint8Array, random: Random): Promise<Uint8Array> {
  const files = await readArchive(bytes, () => undefined);
  const damage = damages[below(random, damages.length)];
  return zipOf(
    [...files].map(([name, data]) => ({ name, data: name.endsWith(".pkl") ? damage(data, random) : data })),
  );
}

const description = {
  inputShape: [1, 4, 4],
  layers: ["Conv2d", "BatchNorm2d", "Square", "Flatten", "Linear"].map((type) =>
    type === "Conv2d" ? { type, stride: 2 } : { type },
  ),
};

/**
 * Reads damaged files. Each must give a network, where the damage is nothing that can be seen, or one clear line, and
 * soon.
 *
 * @returns how many were refused
 */
export async function fuzz(seed: number, cases: number): Promise<number> {
  const random = seededRandom(seed);
  let refused = 0;
  for (let i = 0; i < cases; i++) {
    const damage = damages[below(random, damages.length)];
    const file = files[below(random, files.length)];
    const isZip = file[0] === 0x50;
    const bytes = isZip && random() < 0.5 ? await repacked(file, random) : damage(file, random);
    const start = performance.now();
    try {
      await readTorch(bytes, { name: "net", inputShape: [1, 3, 3], findDescription: () => description });
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
      expect((error as Error).message).toMatch(/^model "net"[ :].{1,2000}$/);
      refused++;
    }
    expect(performance.now() - start).toBeLessThan(5000);
  }
  return refused;
}
