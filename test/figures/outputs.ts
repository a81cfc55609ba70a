import { expect } from "@jest/globals";
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { figureFileSchema, type FigureFile } from "../../src/figures/figure-file.js";
import { manifestSchema } from "../../src/figures/manifest.js";
import { printSizes } from "../../src/viz/print.js";
import { filteredBytes, readPng } from "../viz/png.js";

/** A figure's JSON file. */
export async function readFigure(folder: string, name: string): Promise<FigureFile> {
  return figureFileSchema.parse(JSON.parse(await readFile(join(folder, `${name}.json`), "utf8")));
}

/** All files that are there are in the manifest, with the right hash; each figure's files are whole. */
export async function checkOutputs(folder: string, names: readonly string[]): Promise<void> {
  const { files } = manifestSchema.parse(JSON.parse(await readFile(join(folder, "manifest.json"), "utf8")));
  const paths = files.map(({ path }) => path);
  expect([...paths, "manifest.json"].sort()).toEqual((await readdir(folder)).sort());
  for (const { path, bytes, sha256 } of files) {
    const content = await readFile(join(folder, path));
    const hash = createHash("sha256").update(content).digest("hex");
    expect({ path, bytes: content.length, sha256: hash }).toEqual({ path, bytes, sha256 });
  }
  for (const name of names) {
    const { drawings, command } = await readFigure(folder, name);
    for (const file of files.filter(({ figure }) => figure === name)) expect(file.command).toBe(command);
    const [columns, ...rows] = parse(await readFile(join(folder, `${name}.csv`), "utf8"));
    expect(new Set(columns).size).toBe(columns.length);
    expect(rows.length).toBeGreaterThan(0);
    for (const drawing of drawings) await checkDrawing(folder, drawing);
  }
}

async function checkDrawing(folder: string, { name, width }: FigureFile["drawings"][number]): Promise<void> {
  const { millimetres, pixels } = printSizes[width];
  const svg = await readFile(join(folder, `${name}.svg`), "utf8");
  expect(svg).toMatch(new RegExp(`^<svg [^>]*width="${millimetres}mm" height="[\\d.]+mm"`));
  expect(svg).toContain(
    '@font-face { font-family: "DejaVu Sans"; font-weight: 400; src: url(data:font/woff2;base64,',
  );
  // No letter is smaller than 7 points on paper.
  const pointsOfAPixel = ((millimetres / 25.4) * 72) / pixels;
  const sizes = Array.from(svg.matchAll(/font-size: ?([\d.]+)px/g), ([, size]) => Number(size));
  expect(Math.min(...sizes) * pointsOfAPixel).toBeGreaterThan(6.99);

  const png = await readFile(join(folder, `${name}.png`));
  const image = readPng(png);
  expect(image.width).toBe(Math.round((millimetres / 25.4) * 300));
  expect(image.distinct).toBeGreaterThan(50);
  expect(filteredBytes(png).length).toBe(image.height * (1 + 4 * image.width));
  const pHYs = png.indexOf("pHYs");
  expect([png.readUInt32BE(pHYs + 4), png.readUInt32BE(pHYs + 8), png[pHYs + 12]]).toEqual([11811, 11811, 1]);

  const pdf = (await readFile(join(folder, `${name}.pdf`))).toString("latin1");
  const [, wide] = /\/MediaBox \[0 0 ([\d.]+) [\d.]+\]/.exec(pdf)!;
  expect(Number(wide)).toBeCloseTo((millimetres / 25.4) * 72, 1);
  expect(pdf).toContain("/FontFile2");
  expect(pdf).not.toMatch(/\/BaseFont \/(Helvetica|Times|Courier)/);
}
