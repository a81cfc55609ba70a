import { describe, expect, test } from "@jest/globals";
import { inflateSync } from "node:zlib";
import { digits } from "../../src/viz/digits.js";
import { errorPerLayer } from "../../src/viz/error-per-layer.js";
import { renderPng, renderSvg } from "../../src/viz/render.js";
import { scalePerLayer } from "../../src/viz/scale-per-layer.js";
import { timePerLayer } from "../../src/viz/time-per-layer.js";
import { digitImage } from "./digit-images.js";
import { lenet1, mnistSmall } from "./traces.js";

const layerFigures = [
  ["errorPerLayer", errorPerLayer(mnistSmall)],
  ["scalePerLayer", scalePerLayer(mnistSmall)],
  ["timePerLayer", timePerLayer(mnistSmall)],
] as const;
const digitFigure = digits([digitImage(0, 1, 1), digitImage(3, 4, 9)]);

/** Width, height and how many different values there are among the filtered bytes of the pixels. */
function readPng(png: Uint8Array) {
  const bytes = Buffer.from(png);
  const parts: Buffer[] = [];
  for (let at = 8; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    if (bytes.toString("latin1", at + 4, at + 8) === "IDAT")
      parts.push(bytes.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  return {
    signature: bytes.toString("latin1", 0, 8),
    width: bytes.readUInt32BE(16),
    height: bytes.readUInt32BE(20),
    distinct: new Set(inflateSync(Buffer.concat(parts))).size,
  };
}

describe("renderSvg", () => {
  test.each(layerFigures)("%s: has every layer name, no NaN, and does not change", async (_, figure) => {
    const svg = await renderSvg(figure);
    for (const { name } of mnistSmall) expect(svg).toContain(`>${name}</text>`);
    expect(svg).not.toMatch(/NaN|undefined|TOBESTRIPPED/);
    expect(await renderSvg(figure)).toBe(svg);
  });

  test("draws several at once as it draws them in turn", async () => {
    const together = await Promise.all(layerFigures.map(([, figure]) => renderSvg(figure)));
    for (const [index, [, figure]] of layerFigures.entries()) {
      expect(await renderSvg(figure)).toBe(together[index]);
    }
  });

  test("draws digits as images, with their verdicts", async () => {
    const svg = await renderSvg(digitFigure);
    expect(svg.match(/<image [^>]*href="data:image\/png;base64,/g)).toHaveLength(2);
    expect(svg).toContain("✗ 4");
    expect(svg).toContain("true 9");
  });

  test("takes the size asked for, else the figure's own", async () => {
    const figure = errorPerLayer(lenet1);
    expect(await renderSvg(figure, { width: 321, height: 234 })).toMatch(
      /^<svg [^>]*width="321" height="234"/,
    );
    expect(await renderSvg(figure)).toMatch(/^<svg [^>]*width="700" height="450"/);
    expect(await renderSvg(scalePerLayer(lenet1))).toMatch(/^<svg [^>]*width="700" height="520"/);
  });

  test("makes room for long names", async () => {
    const name = "features.0.convolution.with.a.long.name";
    const plotWidth = async (traces: typeof mnistSmall) =>
      Number(
        /<clipPath id="\w+xyplot"[^>]*><rect width="([\d.]+)"/.exec(
          await renderSvg(timePerLayer(traces)),
        )?.[1],
      );
    const [first, ...others] = mnistSmall;
    expect(await plotWidth([{ ...first, name }, ...others])).toBeLessThan((await plotWidth(mnistSmall)) - 50);
  });

  test("leaves the figure as it is", async () => {
    const figure = errorPerLayer(mnistSmall);
    const before = JSON.stringify(figure);
    await renderSvg(figure);
    expect(JSON.stringify(figure)).toBe(before);
  });

  test.each([0, -1, NaN, Infinity])("refuses a width of %p", async (width) => {
    await expect(renderSvg(digitFigure, { width })).rejects.toThrow(`expected a width above 0, got ${width}`);
  });
});

describe("renderPng", () => {
  test.each([...layerFigures, ["digits", digitFigure] as const])("%s: draws", async (_, figure) => {
    const { signature, width, height, distinct } = readPng(
      await renderPng(figure, { width: 400, height: 300, scale: 1.5 }),
    );
    expect(signature).toBe("\x89PNG\r\n\x1a\n");
    expect([width, height]).toEqual([600, 450]);
    expect(distinct).toBeGreaterThan(50);
  });

  test("gives the same bytes each time", async () => {
    const [first, second] = [await renderPng(digitFigure), await renderPng(digitFigure)];
    expect(Buffer.compare(first, second)).toBe(0);
  });

  test("refuses a scale of 0", async () => {
    await expect(renderPng(digitFigure, { scale: 0 })).rejects.toThrow("expected a scale above 0, got 0");
  });
});
