import type { LayoutByHand } from "../../../../src/notebook/exercises/lesson-07/lenet-layout.js";

const range = (count: number) => Array.from({ length: count }, (_, i) => i);
const grid = (most: [number, number], each: [number, number]) =>
  range(most[0]).flatMap((i) => range(most[1]).map((j) => each[0] * i + each[1] * j));

/** The image row by row, four times; channels 1024 apart. */
export const inRows = (): LayoutByHand => ({
  image: (y, x) => range(4).map((copy) => 1024 * copy + 32 * y + x),
  conv1: {
    slotOf: (c, y, x) => 1024 * c + 32 * y + x,
    babies: range(5),
    giants: range(5).map((dy) => 32 * dy),
  },
  conv2: {
    sums: [1, 32],
    slotOf: (c, y, x) => 1024 * (c % 4) + 64 * y + 2 * x + [0, 1, 32][Math.floor(c / 4)],
    babies: grid([5, 4], [64, 1024]),
    giants: range(5).flatMap((dx) => [0, 1, 32].map((gap) => 2 * dx - gap)),
  },
  fc1: {
    slotOf: (c) => 1024 * (c % 4) + [0, 1, 32][Math.floor(c / 4)],
    babies: range(4).map((block) => 1024 * block),
    giants: [0, 1, -1, 32, -32, 31, -31],
    folds: [2, 4, 8, 64, 128, 256],
  },
});

/** By phases: what a pooling adds up stands 1024 slots apart. */
export const byPhases = (): LayoutByHand => {
  const phase = (y: number, x: number) => 2 * (y % 2) + (x % 2);
  const within = (y: number, x: number) => 16 * Math.floor(y / 2) + Math.floor(x / 2);
  return {
    image: (y, x) => range(4).map((copy) => 1024 * copy + 256 * phase(y, x) + within(y, x)),
    conv1: {
      slotOf: (c, y, x) => 1024 * phase(y, x) + 256 * c + within(y, x),
      babies: grid([3, 2], [16, 256]),
      giants: grid([3, 2], [1, 512]),
    },
    conv2: {
      sums: [1024, 2048],
      slotOf: (c, y, x) => 1024 * Math.floor(c / 3) + 256 * (c % 3) + 16 * y + x,
      babies: grid([5, 2], [16, 256]),
      giants: grid([5, 2], [1, 512]),
    },
    fc1: {
      slotOf: (c) => 256 * c,
      babies: range(4).map((j) => 256 * j),
      giants: range(4).map((j) => 1024 * j),
      folds: [1, 2, 4, 16, 32, 64],
    },
  };
};
