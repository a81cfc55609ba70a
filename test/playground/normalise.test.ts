import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { normalised, type Board } from "../../src/playground/draw/normalise.js";

const boardSide = 280;

/** A board with a rectangle of ink. */
function board(left: number, top: number, width: number, height: number): Board {
  const ink = new Float32Array(boardSide ** 2);
  for (let y = top; y < top + height; y++) ink.fill(1, y * boardSide + left, y * boardSide + left + width);
  return { side: boardSide, ink };
}

function inked(image: readonly number[]) {
  const places = image.flatMap((ink, i) => (ink > 0 ? [{ x: i % 28, y: Math.floor(i / 28), ink }] : []));
  const mass = places.reduce((sum, { ink }) => sum + ink, 0);
  const centre = (of: (place: { x: number; y: number }) => number) =>
    places.reduce((sum, place) => sum + place.ink * (of(place) + 0.5), 0) / mass;
  const size = (of: (place: { x: number; y: number }) => number) =>
    Math.max(...places.map(of)) - Math.min(...places.map(of)) + 1;
  return {
    width: size(({ x }) => x),
    height: size(({ y }) => y),
    centre: [centre(({ x }) => x), centre(({ y }) => y)],
  };
}

test("an empty board is no digit", () => {
  expect(normalised({ side: boardSide, ink: new Float32Array(boardSide ** 2) })).toBeUndefined();
});

test("wherever and however large it is drawn, its longer side is 20 pixels, and its centre of mass the middle", () => {
  const drawn = fc
    .tuple(fc.integer({ min: 8, max: 200 }), fc.integer({ min: 8, max: 200 }))
    .chain(([width, height]) =>
      fc.record({
        width: fc.constant(width),
        height: fc.constant(height),
        left: fc.integer({ min: 0, max: boardSide - width }),
        top: fc.integer({ min: 0, max: boardSide - height }),
      }),
    );
  fc.assert(
    fc.property(drawn, ({ left, top, width, height }) => {
      const image = normalised(board(left, top, width, height))!;
      const found = inked(image);
      expect(image).toHaveLength(784);
      expect(Math.max(...image)).toBe(15);
      expect(Math.max(found.width, found.height)).toBe(20);
      expect(Math.abs(found.width / found.height - width / height)).toBeLessThan(
        0.6 * (width / height) + 0.06,
      );
      for (const centre of found.centre) expect(Math.abs(centre - 14)).toBeLessThanOrEqual(0.5);
    }),
    { numRuns: 25 },
  );
});

test("what weighs more on one side is moved to the other", () => {
  // A thin upright with a heavy foot: its middle lies below that of its box.
  const { ink } = board(130, 20, 10, 240);
  for (let y = 200; y < 260; y++) ink.fill(1, y * boardSide + 80, y * boardSide + 190);
  const image = normalised({ side: boardSide, ink })!;
  const rows = image.flatMap((value, i) => (value > 0 ? [Math.floor(i / 28)] : []));
  expect(Math.min(...rows)).toBeLessThan(4);
  expect(inked(image).centre[1]).toBeGreaterThan(13.4);
});
