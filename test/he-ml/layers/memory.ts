import { describe, expect, jest, test } from "@jest/globals";
import { layerPackings, type Packing } from "../../../src/he-ml/crypto/packing.js";
import { forward, type ForwardOptions } from "../../../src/he-ml/layers/forward.js";
import type { LayerTrace } from "../../../src/he-ml/layers/trace.js";
import { modelForward } from "../../../src/he-ml/model/model.js";
import { buildFromModel } from "../../../src/he-ml/program/build-from-model.js";
import { lazyParameters, maxAbsDifference, randomTensor, rejectedBy } from "../support.js";
import { openCounted } from "../wasm-memories.js";
import { smallModel } from "./small-model.js";

async function watch(run: AsyncIterable<LayerTrace>, seen: (trace: LayerTrace) => void): Promise<void> {
  for await (const trace of run) seen(trace);
}

const images = randomTensor([1, 1, 4, 4], 1);
const logits = modelForward(smallModel, images).at(-1)!.data;

/** The WASM memories do not grow while the same is done so many times. */
export function describeMemory(times: number): void {
  describe("WASM memory does not grow", () => {
    test(`over ${times} inferences, from image to logits, in both packings`, async () => {
      const { client, server, bytes } = await openCounted();
      const layers = buildFromModel(server.evaluator, smallModel);
      const infer = async (packing: Packing) => {
        using input = server.load(client.encrypt(images, { packing }));
        const run = forward(layers, input);
        for (;;) {
          const step = await run.next();
          if (!step.done) continue;
          using output = step.value;
          return client.decrypt(server.save(output));
        }
      };
      for (let i = 0; i < 20; i++) await infer(layerPackings[i % 2]);
      const before = bytes();
      for (let i = 20; i < times; i++) await infer(layerPackings[i % 2]);
      expect(bytes()).toEqual(before);
      expect(maxAbsDifference((await infer("batch")).data, logits)).toBeLessThan(0.05);
      expect(before.every((size) => size > 2 ** 20)).toBe(true);
    });
  });
}

/** Nor while runs are stopped, or inputs refused, so many times. */
export function describeMemoryOfFailures(times: number): void {
  describe("WASM memory does not grow", () => {
    test(`over ${times} inferences that are aborted midway, after each ciphertext in turn`, async () => {
      const { client, server, bytes } = await openCounted();
      const layers = buildFromModel(server.evaluator, smallModel);
      // Conv 8, square 8, pool 2, flatten 2, linear 3.
      const ciphertexts = 23;
      const stops = new Set<string>();
      const inferUntil = async (last: number) => {
        const controller = new AbortController();
        let done = 0;
        const options: ForwardOptions = {
          signal: controller.signal,
          onProgress: ({ layer, done: ofLayer }) => {
            if (done++ !== last) return;
            stops.add(`${layer} ${ofLayer}`);
            controller.abort(new Error("midway"));
          },
        };
        using input = server.load(client.encrypt(images, { packing: "scalar" }));
        expect(await rejectedBy(() => watch(forward(layers, input, options), () => undefined))).toEqual(
          new Error("midway"),
        );
      };
      // A clock that leaps makes every ciphertext the last of its turn, at which a run can be stopped.
      let now = 0;
      const clock = jest.spyOn(performance, "now").mockImplementation(() => (now += 1000));
      try {
        for (let i = 0; i < 2 * ciphertexts; i++) await inferUntil(i % ciphertexts);
        const before = bytes();
        for (let i = 0; i < times; i++) await inferUntil(i % ciphertexts);
        expect(bytes()).toEqual(before);
      } finally {
        clock.mockRestore();
      }
      expect(stops.size).toBe(ciphertexts);
    });

    test(`over ${times} refused inputs: damaged, mis-shaped and beyond the modulus`, async () => {
      const { client, server, bytes } = await openCounted();
      const layers = buildFromModel(server.evaluator, smallModel);
      const sound = client.encrypt(images, { packing: "batch" });
      const last = sound.ciphertexts.length - 1;
      const damaged = {
        ...sound,
        ciphertexts: sound.ciphertexts.with(last, sound.ciphertexts[last].slice(0, -8)),
      };
      const polynomialBytes = lazyParameters.levels * lazyParameters.polyModulusDegree * 8;
      // Complete, so that it is loaded before it is refused.
      const transparent = server.save(server.load(sound));
      for (const ciphertext of transparent.ciphertexts)
        ciphertext.fill(0, ciphertext.length - polynomialBytes);
      const wrongShape = client.encrypt(randomTensor([1, 1, 4, 6], 2), { packing: "batch" });
      const refuse = async () => {
        for (const unsound of [damaged, transparent]) {
          expect(await rejectedBy(async () => server.load(unsound))).toBeDefined();
        }
        using large = server.load(wrongShape);
        expect(await rejectedBy(() => watch(forward(layers, large), () => undefined))).toBeDefined();
        using input = server.load(sound);
        const [ciphertext] = input.ciphertexts;
        using copy = server.evaluator.copy(ciphertext);
        for (const work of [
          () => server.evaluator.setScaleInplace(ciphertext, 2 ** 200),
          () => server.evaluator.encodeScalar(NaN, ciphertext),
          () => server.evaluator.sub(ciphertext, copy),
        ]) {
          expect(await rejectedBy(async () => work())).toBeDefined();
        }
      };
      for (let i = 0; i < 20; i++) await refuse();
      const before = bytes();
      for (let i = 20; i < times; i++) await refuse();
      expect(bytes()).toEqual(before);
    });
  });
}
