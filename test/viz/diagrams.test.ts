import { beforeAll, describe, expect, test } from "@jest/globals";
import { JSDOM } from "jsdom";
import { readFileSync } from "node:fs";
import { InputError } from "../../src/he-ml/errors.js";
import { fontFiles } from "../../src/viz/assets.js";
import { clientAndServer } from "../../src/viz/diagrams/client-and-server.js";
import { diagram, type Diagram } from "../../src/viz/diagrams/diagram.js";
import { gadget } from "../../src/viz/diagrams/gadget.js";
import { keySwitch } from "../../src/viz/diagrams/key-switch.js";
import { text } from "../../src/viz/diagrams/shapes.js";
import { slotRotation } from "../../src/viz/diagrams/slot-rotation.js";
import { readFontMetrics } from "../../src/viz/font-metrics.js";
import { ownBox, type Box, type Fonts } from "../../src/viz/svg-boxes.js";

const everyDiagram: Readonly<Record<string, Diagram>> = {
  clientAndServer: clientAndServer(),
  keySwitch: keySwitch(),
  gadget: gadget({ value: 2718, base: 10 }),
  "gadget, widest": gadget({ value: 99999n ** 6n - 1n, base: 99999 }),
  slotRotation: slotRotation({ values: [3, -1, 0.5, 2, 7, 8], steps: 2 }),
  "slotRotation, widest": slotRotation({ values: Array.from({ length: 8 }, () => -9.5), steps: -3 }),
};

let fonts: Fonts;
beforeAll(() => {
  const [regular, bold] = [fontFiles().regular, fontFiles().bold].map((file) =>
    readFontMetrics(readFileSync(file)),
  );
  fonts = { regular, bold };
});

const { DOMParser } = new JSDOM("").window;
const opened = ({ svg }: Diagram) => new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
const all = (root: Element, name: string) => Array.from(root.querySelectorAll(name));

const overlap = (a: Box, b: Box) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
const within = (a: Box, b: Box, edge: number) =>
  a.x >= b.x + edge &&
  a.y >= b.y &&
  a.x + a.width <= b.x + b.width - edge &&
  a.y + a.height <= b.y + b.height;

describe.each(Object.entries(everyDiagram))("%s", (_, drawn) => {
  test("is SVG with a title and a description", () => {
    const root = opened(drawn);
    expect(root.localName).toBe("svg");
    expect(root.getAttribute("role")).toBe("img");
    expect(root.querySelector("title")!.textContent).toBe(drawn.title);
    expect(root.querySelector("desc")!.textContent).toBe(drawn.description);
    expect(JSON.parse(JSON.stringify(drawn))).toEqual(drawn);
  });

  test("cuts no text, and lays none over another or over the edge of a box", () => {
    const root = opened(drawn);
    const texts = all(root, "text").map((element) => ({
      says: element.textContent,
      box: ownBox(element, fonts),
    }));
    const boxes = all(root, "rect").map((element) => ownBox(element, fonts));
    expect(texts.length).toBeGreaterThan(3);
    for (const { box } of texts) {
      for (const frame of boxes) if (overlap(box, frame)) expect(within(box, frame, 2)).toBe(true);
    }
    const pairs = texts.flatMap((a, index) => texts.slice(index + 1).map((b) => [a, b]));
    expect(pairs.filter(([a, b]) => overlap(a.box, b.box)).map(([a, b]) => `${a.says} | ${b.says}`)).toEqual(
      [],
    );
  });

  test("leads no arrow through a text", () => {
    const root = opened(drawn);
    const texts = all(root, "text").map((element) => ownBox(element, fonts));
    const points = all(root, "polyline").flatMap((element) => pointsAlong(element.getAttribute("points")!));
    const dots = points.map(([x, y]) => ({ x, y, width: 0.1, height: 0.1 }));
    expect(dots.filter((dot) => texts.some((box) => overlap(dot, box)))).toEqual([]);
  });

  test("has letters of 11 pixels on a telephone", () => {
    // A page of 390 px leaves a diagram 358.
    const sizes = all(opened(drawn), "text").map((element) => Number(element.getAttribute("font-size")));
    expect((Math.min(...sizes) * 358) / drawn.width).toBeGreaterThan(11);
  });
});

/** Points a pixel apart on the line through some. */
function pointsAlong(points: string): [number, number][] {
  const corners = points.split(" ").map((point) => point.split(",").map(Number));
  return corners.slice(1).flatMap(([x2, y2], index) => {
    const [x1, y1] = corners[index];
    const steps = Math.ceil(Math.hypot(x2 - x1, y2 - y1));
    return Array.from({ length: steps + 1 }, (_, step): [number, number] => {
      const t = step / steps;
      return [x1 + t * (x2 - x1), y1 + t * (y2 - y1)];
    });
  });
}

test("every colour has one for the dark, and letters stand out on what they stand on in both", () => {
  const svgs = Object.values(everyDiagram).map(({ svg }) => svg);
  const style = /<style>(.*)<\/style>/s.exec(svgs[0])![1];
  expect(style).toContain("@media screen and (prefers-color-scheme: dark)");
  const colorsOf = (pattern: RegExp, source: string) =>
    new Map(Array.from(source.matchAll(pattern), ([, role, color]) => [role, color]));
  const light = colorsOf(/class="fill-(\w+)[^"]*" fill="(#\w+)"/g, svgs.join());
  const dark = colorsOf(/\.fill-(\w+) \{ fill: (#\w+); \}/g, style);
  expect([...dark.keys()]).toEqual(expect.arrayContaining([...light.keys()]));
  for (const colors of [light, dark]) {
    for (const letters of ["ink", "muted"])
      expect(contrast(colors.get(letters)!, colors.get("paper")!)).toBeGreaterThan(4.5);
    for (const ground of ["secret", "open"])
      expect(contrast(colors.get("ink")!, colors.get(ground)!)).toBeGreaterThan(4.5);
  }
});

/** @see Web Content Accessibility Guidelines 2.2, "contrast ratio" and "relative luminance" */
function contrast(a: string, b: string): number {
  const luminance = (color: string) => {
    const [red, green, blue] = [1, 3, 5].map((at) => {
      const share = parseInt(color.slice(at, at + 2), 16) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

test("text is shown as it is, not as markup", () => {
  const drawn = diagram({
    title: "<b>",
    description: "a & b",
    height: 50,
    parts: [text([0, 20], "<script>")],
  });
  const root = opened(drawn);
  expect(root.querySelector("title")!.textContent).toBe("<b>");
  expect(root.querySelector("text")!.textContent).toBe("<script>");
  expect(root.querySelector("script")).toBeNull();
});

describe("slotRotation", () => {
  const cells = (drawn: Diagram) =>
    all(opened(drawn), "text")
      .map(({ textContent }) => textContent)
      .filter((content) => !content.startsWith("slot"));

  test.each([
    [1, "b c d a"],
    [-1, "d a b c"],
    [4, "a b c d"],
    [0, "a b c d"],
    [6, "c d a b"],
  ])("by %p", (steps, after) => {
    const values = [10, 20, 30, 40];
    const expected = after.split(" ").map((letter) => String(values["abcd".indexOf(letter)]));
    expect(cells(slotRotation({ values, steps }))).toEqual([...values.map(String), ...expected]);
  });

  test("dashes the arrows that run round the end", () => {
    const dashes = all(opened(slotRotation({ values: [1, 2, 3, 4], steps: 1 })), "polyline").map((arrow) =>
      arrow.hasAttribute("stroke-dasharray"),
    );
    expect(dashes).toEqual([true, false, false, false]);
  });

  test.each([
    [{ values: [], steps: 1 }, "at least one value"],
    [{ values: Array(9).fill(1) as number[], steps: 1 }, "at most 8 values, got 9"],
    [
      { values: Array(8).fill(1 / 3) as number[], steps: 1 },
      "expected 8 values of at most 4 characters, got 0.3333333333333333",
    ],
    [{ values: [NaN], steps: 1 }, "finite numbers as values, got NaN"],
    [{ values: [1], steps: 0.5 }, "steps that are an integer"],
  ])("refuses %j", (rotation, message) => {
    expect(() => slotRotation(rotation)).toThrow(InputError);
    expect(() => slotRotation(rotation)).toThrow(message);
  });
});

describe("gadget", () => {
  test.each([
    [{ value: 2718, base: 10 }, "2718 = 2 · B³ + 7 · B² + 1 · B + 8 · 1"],
    [{ value: 255n, base: 2n ** 4n }, "255 = 15 · B + 15 · 1"],
    [{ value: 0, base: 10 }, "0 = 0 · 1"],
  ])("%j", (number, sum) => {
    expect(gadget(number).description).toContain(`${sum}: every digit`);
  });

  test.each([
    [{ value: -1, base: 10 }, "a value that is an integer of at least 0, got -1"],
    [{ value: 0.5, base: 10 }, "a value that is an integer"],
    [{ value: 1, base: 1 }, "a base that is an integer of at least 2, got 1"],
    [{ value: 2 ** 6, base: 2 }, "at most 6 digits"],
    [{ value: 123456, base: 2 ** 20 }, "at most 5 characters"],
  ])("refuses %j", (number, message) => {
    expect(() => gadget(number)).toThrow(InputError);
    expect(() => gadget(number)).toThrow(message);
  });
});
