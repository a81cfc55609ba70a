import { expect, test } from "@jest/globals";
import { decode } from "fast-png";
import { grayPngAddress } from "../../src/viz/gray-png.js";

test("every gray value becomes a square of pixels", () => {
  const gray = Uint8Array.from([0, 1, 128, 254, 255, 77]);
  const address = grayPngAddress(gray, 3, 2, 2);
  expect(address).toMatch(/^data:image\/png;base64,iVBORw0KGgo/);
  const { width, height, channels, depth, data } = decode(Buffer.from(address.split(",")[1], "base64"), {
    checkCrc: true,
  });
  expect({ width, height, channels, depth }).toEqual({ width: 6, height: 4, channels: 1, depth: 8 });
  expect([...data]).toEqual(
    [
      [0, 0, 1, 1, 128, 128],
      [0, 0, 1, 1, 128, 128],
      [254, 254, 255, 255, 77, 77],
      [254, 254, 255, 255, 77, 77],
    ].flat(),
  );
});
