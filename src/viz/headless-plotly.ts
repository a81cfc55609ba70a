import { readFile } from "node:fs/promises";
import type { DOMWindow } from "jsdom";
import type * as PlotlyModule from "plotly.js-dist-min";
import { fontFiles, readPlotlySource } from "./assets.js";
import { readFontMetrics } from "./font-metrics.js";
import { outerBox, ownBox, type Fonts } from "./svg-boxes.js";

/** A page without a browser, in which plotly is loaded. */
export interface HeadlessPage {
  readonly plotly: typeof PlotlyModule;
  /** Starts the page's random numbers afresh, so that the next figure gets the same ids as the last. */
  resetRandom(): void;
}

/** Opens a page in jsdom in which plotly is loaded. Takes about a second. */
export async function openHeadlessPage(): Promise<HeadlessPage> {
  const { window, resetRandom } = await openHeadlessWindow();
  window.eval(await readPlotlySource());
  return { plotly: window.Plotly as typeof PlotlyModule, resetRandom };
}

/** A page in jsdom with what libraries that draw need of a browser and jsdom lacks. */
export async function openHeadlessWindow(): Promise<{ window: DOMWindow; resetRandom: () => void }> {
  const { JSDOM, VirtualConsole } = await import("jsdom");
  const files = fontFiles();
  const [regular, bold] = await Promise.all([readFile(files.regular), readFile(files.bold)]);
  const { window } = new JSDOM("<!doctype html><body></body>", {
    runScripts: "outside-only",
    virtualConsole: new VirtualConsole(),
  });
  const resetRandom = patchRandom(window);
  patchTextMetrics(window, { regular: readFontMetrics(regular), bold: readFontMetrics(bold) });
  patchCanvas(window);
  patchObjectUrls(window);
  return { window, resetRandom };
}

/** Plotly draws the ids of clip paths and gradients by lot; equal figures shall give equal files. */
function patchRandom(window: DOMWindow): () => void {
  let state = 0;
  // Mulberry32, a small public-domain generator by Tommy Ettinger.
  window.Math.random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => (state = 0);
}

/** Plotly makes room for labels and the legend by measuring them; jsdom has no layout and answers 0. */
function patchTextMetrics(window: DOMWindow, fonts: Fonts): void {
  const { SVGElement, DOMRect } = window;
  const rect = ({ x, y, width, height }: ReturnType<typeof ownBox>) => new DOMRect(x, y, width, height);
  Object.assign(SVGElement.prototype, {
    getBBox(this: SVGElement) {
      return rect(ownBox(this, fonts));
    },
    getBoundingClientRect(this: SVGElement) {
      return rect(outerBox(this, fonts));
    },
    getComputedTextLength(this: SVGElement) {
      return ownBox(this, fonts).width;
    },
  });
}

/** Plotly looks for a canvas while it loads; `null` says "none", where jsdom would write an error for each look. */
function patchCanvas(window: DOMWindow): void {
  window.HTMLCanvasElement.prototype.getContext = () => null;
}

/** Plotly's map code makes the address of a worker script while it loads; jsdom has no such addresses. */
function patchObjectUrls(window: DOMWindow): void {
  window.URL.createObjectURL = () => "blob:none";
}
