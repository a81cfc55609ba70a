import { mostInk, pixelCount, side, type GreyImage } from "../state/grey-levels.js";

/** Side of the box that a digit is fitted into, in pixels. */
const boxSide = 20;

/** Ink from 0 to 1 on a square board, row by row. */
export interface Board {
  readonly side: number;
  readonly ink: Float32Array;
}

/**
 * A drawing as MNIST has its digits: scaled, its shape kept, into a box of 20 × 20 pixels, and laid into 28 × 28 with its centre
 * of mass in the middle.
 *
 * @returns undefined where nothing is drawn
 * @see LeCun, Cortes, Burges, "The MNIST database of handwritten digits", http://yann.lecun.com/exdb/mnist/: "normalized to fit
 *   in a 20x20 pixel box while preserving their aspect ratio … centered in a 28x28 image by computing the center of mass"
 */
export function normalised(board: Board): GreyImage | undefined {
  const box = boxOf(board);
  if (!box) return undefined;
  const scale = boxSide / Math.max(box.width, box.height);
  const small = scaled(board, box, scale);
  const [right, down] = [small.width, small.height].map((size, axis) => {
    const centre = centreOf(small, axis);
    const most = side - size;
    return Math.min(most, Math.max(0, Math.round(side / 2 - centre)));
  });
  const image = new Array<number>(pixelCount).fill(0);
  for (let y = 0; y < small.height; y++) {
    for (let x = 0; x < small.width; x++) {
      const ink = Math.min(1, small.ink[y * small.width + x]);
      image[(y + down) * side + x + right] = Math.round(ink * mostInk);
    }
  }
  return image;
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Fainter ink is the edge of a stroke. */
const faint = 0.1;

function boxOf({ side: size, ink }: Board): Box | undefined {
  let [left, top, right, bottom] = [size, size, -1, -1];
  ink.forEach((value, i) => {
    if (value < faint) return;
    const [x, y] = [i % size, Math.floor(i / size)];
    [left, right] = [Math.min(left, x), Math.max(right, x)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
  });
  return right < 0 ? undefined : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

interface Small {
  readonly width: number;
  readonly height: number;
  readonly ink: Float32Array;
}

/** Each pixel the mean of the part of the board that it covers. */
function scaled({ side: size, ink }: Board, box: Box, scale: number): Small {
  const [width, height] = [box.width, box.height].map((length) => Math.max(1, Math.round(length * scale)));
  const means = new Float32Array(width * height);
  // A share of the board's pixels is taken for each of the small one's: as fine as the board, and four a side at least.
  const samples = Math.max(4, Math.ceil(1 / scale));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let i = 0; i < samples; i++) {
        for (let j = 0; j < samples; j++) {
          const fromX = Math.floor(box.left + ((x + (i + 0.5) / samples) * box.width) / width);
          const fromY = Math.floor(box.top + ((y + (j + 0.5) / samples) * box.height) / height);
          sum += ink[fromY * size + fromX];
        }
      }
      means[y * width + x] = sum / samples ** 2;
    }
  }
  return { width, height, ink: means };
}

/** Centre of mass along an axis, 0 for x and 1 for y, in pixels from the small image's edge. */
function centreOf({ width, ink }: Small, axis: number): number {
  let [moment, mass] = [0, 0];
  ink.forEach((value, i) => {
    const place = axis === 0 ? i % width : Math.floor(i / width);
    moment += value * (place + 0.5);
    mass += value;
  });
  return moment / mass;
}
