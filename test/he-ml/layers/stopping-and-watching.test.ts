import { beforeAll, describe, expect, test } from "@jest/globals";
import type { Ciphertext, Plaintext } from "../../../src/he-ml/crypto/ciphertext.js";
import type { EncryptedTensor } from "../../../src/he-ml/crypto/encrypted-tensor.js";
import { InputError } from "../../../src/he-ml/errors.js";
import { forward } from "../../../src/he-ml/layers/forward.js";
import type { RunProgress } from "../../../src/he-ml/layers/run.js";
import { averagePool } from "../../../src/he-ml/layers/functional/average-pool.js";
import { padding } from "../../../src/he-ml/layers/functional/padding.js";
import { linear } from "../../../src/he-ml/layers/linear.js";
import { buildFromModel } from "../../../src/he-ml/program/build-from-model.js";
import { openSeal, randomTensor, rejectedBy, type SealSide } from "../support.js";
import { smallModel } from "./small-model.js";
import { parameters, images, run, clear } from "./forward.js";

type Handle = Ciphertext | Plaintext;

/** How many of these still hold memory. */
function alive(handles: Iterable<Handle>): number {
  return [...handles].filter((c) => {
    const { handle } = c as unknown as { handle: { isDeleted(): boolean } };
    return !handle.isDeleted();
  }).length;
}

let seal: SealSide;

beforeAll(async () => {
  seal = await openSeal(parameters);
});

describe("memory", () => {
  test("a run frees every tensor between the layers, and neither the input nor the output", async () => {
    const made = watchHandles(seal);
    const input = seal.encrypt(images, "scalar");
    const { output } = await run(buildFromModel(seal.evaluator, smallModel), input);
    made.stop();
    expect(alive(input.ciphertexts)).toBe(input.ciphertexts.length);
    expect(alive(output.ciphertexts)).toBe(output.ciphertexts.length);
    expect(made.handles.size).toBeGreaterThan(30);
    expect(alive(made.handles)).toBe(output.ciphertexts.length);
  });

  test("padding, and a pool whose border divides by less, free what they compute with", async () => {
    const layers = [
      padding(seal.evaluator, { padding: { top: 1, bottom: 0, left: 0, right: 0 } }),
      averagePool(seal.evaluator, { kernelSize: 3, stride: 1, padding: 1, countIncludePad: false }),
    ];
    const made = watchHandles(seal);
    using input = seal.encrypt(images, "batch");
    const { output } = await run(layers, input);
    made.stop();
    expect(alive(made.handles)).toBe(output.ciphertexts.length);
  });

  test("leaving after a trace frees what the run holds", async () => {
    const made = watchHandles(seal);
    const input = seal.encrypt(images, "scalar");
    for await (const { name } of forward(buildFromModel(seal.evaluator, smallModel), input)) {
      if (name === "pool1") break;
    }
    made.stop();
    expect(alive(made.handles)).toBe(0);
    expect(alive(input.ciphertexts)).toBe(input.ciphertexts.length);
  });

  test("a twin that throws leaves nothing behind", async () => {
    const made = watchHandles(seal);
    const broken = () => {
      throw new Error("no key");
    };
    const input = seal.encrypt(images, "scalar");
    const error = await rejectedBy(() =>
      run(buildFromModel(seal.evaluator, smallModel), input, { twin: { input: images, decrypt: broken } }),
    );
    made.stop();
    expect(error).toEqual(new Error("no key"));
    expect(made.handles.size).toBeGreaterThan(0);
    expect(alive(made.handles)).toBe(0);
  });
});

/** Collects every ciphertext and plaintext that an evaluator makes until `stop`. */
function watchHandles(side: SealSide): { readonly handles: Set<Handle>; stop(): void } {
  const { evaluator } = side;
  // Whatever else derives a ciphertext copies it first.
  const watched = ["copy", "weightedSum", "encryptZero", "encodeScalar", "encode"] as const;
  const handles = new Set<Handle>();
  for (const name of watched) {
    const original = evaluator[name].bind(evaluator) as (...operands: never[]) => Handle;
    Object.defineProperty(evaluator, name, {
      configurable: true,
      value: (...operands: never[]) => {
        const made = original(...operands);
        handles.add(made);
        return made;
      },
    });
  }
  return {
    handles,
    stop: () => {
      for (const name of watched) Reflect.deleteProperty(evaluator, name);
    },
  };
}

describe("stopping and watching", () => {
  // 40 outputs of 400 products each take about a second: long enough to be stopped within.
  const wide = { weights: randomTensor([40, 400], 1) };
  let input: EncryptedTensor;
  beforeAll(() => {
    input = seal.encrypt(randomTensor([1, 400], 2), "scalar");
  });

  test("a signal stops a run within a layer, the iterator throws its reason, and all it made is freed", async () => {
    const made = watchHandles(seal);
    const layer = linear(seal.evaluator, wide);
    const controller = new AbortController();
    const reason = new Error("the user left");
    let progress: RunProgress | undefined;
    const before = seal.evaluator.operations;
    const error = await rejectedBy(() =>
      run([layer], input, {
        signal: controller.signal,
        onProgress: (now) => {
          progress ??= now;
          controller.abort(reason);
        },
      }),
    );
    made.stop();
    expect(error).toBe(reason);
    // It stopped at the turn at which it was told to, far from the end of the layer.
    expect(progress!.done).toBeLessThan(progress!.total);
    const additions = seal.evaluator.operations.add - before.add;
    expect(additions).toBeGreaterThan(progress!.done * 400);
    expect(additions).toBeLessThan((progress!.done + 1) * 400 * 17);
    expect(alive(made.handles)).toBe(0);
    expect(alive(input.ciphertexts)).toBe(400);
  });

  test("a signal from a timer gets its turn", async () => {
    const layer = linear(seal.evaluator, wide);
    const error = await rejectedBy(() => run([layer], input, { signal: AbortSignal.timeout(60) }));
    expect((error as Error).name).toBe("TimeoutError");
  });

  test("a signal that was given before stops the run before the first layer", async () => {
    const before = seal.evaluator.operations;
    const error = await rejectedBy(() =>
      run(buildFromModel(seal.evaluator, smallModel), seal.encrypt(images, "batch"), {
        signal: AbortSignal.abort(new Error("too late")),
      }),
    );
    expect(error).toEqual(new Error("too late"));
    expect(seal.evaluator.operations).toEqual(before);
  });

  test("a signal between two layers stops the run there and frees what it holds", async () => {
    const made = watchHandles(seal);
    const controller = new AbortController();
    const steps = forward(buildFromModel(seal.evaluator, smallModel), seal.encrypt(images, "batch"), {
      signal: controller.signal,
    });
    expect((await steps.next()).done).toBe(false);
    controller.abort(new Error("enough"));
    expect(await rejectedBy(() => steps.next())).toEqual(new Error("enough"));
    made.stop();
    expect(made.handles.size).toBeGreaterThan(0);
    expect(alive(made.handles)).toBe(0);
  });

  test("progress is told in ascending numbers, with names and positions", async () => {
    const layer = linear(seal.evaluator, { ...wide, name: "wide" });
    const told: RunProgress[] = [];
    await run([layer], input, { onProgress: (progress) => told.push(progress) });
    expect(told.length).toBeGreaterThan(1);
    for (const [i, progress] of told.entries()) {
      expect(progress).toEqual({
        layer: "wide",
        position: 0,
        layers: 1,
        done: expect.any(Number),
        total: 40,
      });
      expect(progress.done).toBeGreaterThan(told[i - 1]?.done ?? 0);
      expect(progress.done).toBeLessThanOrEqual(40);
    }
  });

  test("a watcher that throws ends the run with its error and leaves nothing behind", async () => {
    const made = watchHandles(seal);
    const layer = linear(seal.evaluator, wide);
    const error = await rejectedBy(() =>
      run([layer], input, {
        onProgress: () => {
          throw new Error("broken bar");
        },
      }),
    );
    made.stop();
    expect(error).toEqual(new Error("broken bar"));
    expect(made.handles.size).toBeGreaterThan(0);
    expect(alive(made.handles)).toBe(0);
  });
});

describe("input that does not fit", () => {
  test.each<[string, number[], string]>([
    [
      "channels",
      [3, 4, 4],
      `convolutional "conv1": input has 3 channels, weights expect 1; convert the image to grayscale first`,
    ],
    [
      "an image too small",
      [1, 2, 2],
      `convolutional "conv1": its window of 3×3 does not fit into the padded image of 2×2; ` +
        `give it a larger image, a smaller kernel or more padding`,
    ],
    [
      "a flat image",
      [16],
      `convolutional "conv1": expected an image [channels, height, width], got 16; such a layer comes before flatten`,
    ],
  ])("%s: refused with the layer, what was expected and what came", async (_, shape, message) => {
    const input = clear.encrypt(randomTensor([1, ...shape], 1), "batch");
    const error = await rejectedBy(() => run(buildFromModel(clear.evaluator, smallModel), input));
    expect(error).toEqual(new InputError(message));
  });

  test("a larger image is refused where its features no longer fit, and what was made is freed", async () => {
    const made = watchHandles(seal);
    const input = seal.encrypt(randomTensor([1, 1, 6, 6], 1), "batch");
    const error = await rejectedBy(() => run(buildFromModel(seal.evaluator, smallModel), input));
    made.stop();
    expect(error).toEqual(new InputError(`linear "fc1": input has 8 features, weights expect 2`));
    expect(made.handles.size).toBeGreaterThan(0);
    expect(alive(made.handles)).toBe(0);
  });

  test("a ciphertext that has spent its levels is refused with the layer and the chain", async () => {
    const fresh = clear.encrypt(images, "batch");
    for (const ciphertext of fresh.ciphertexts) {
      clear.evaluator.modSwitchToInplace(ciphertext, 1);
      clear.evaluator.setScaleInplace(ciphertext, 2 ** 36);
    }
    const error = await rejectedBy(() => run(buildFromModel(clear.evaluator, smallModel), fresh));
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(
      /^convolutional "conv1": the chain \[50, 60, 48 \| 60\] is too short/,
    );
  });
});
