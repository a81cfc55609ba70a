import { readFile } from "node:fs/promises";
import type { DOMWindow } from "jsdom";
import { fontFiles, readPdfSources } from "./assets.js";
import { openHeadlessWindow } from "./headless-plotly.js";

/** One page serves the process. */
let page: Promise<PdfPage> | undefined;

interface PdfPage {
  readonly window: DOMWindow;
  /** In base64. */
  readonly fonts: Readonly<Record<"normal" | "bold", string>>;
}

/** What is used of jsPDF, with svg2pdf.js beside it: https://github.com/yWorks/svg2pdf.js */
interface JsPdf {
  addFileToVFS(name: string, base64: string): void;
  addFont(file: string, family: string, style: string): void;
  setDocumentProperties(properties: { readonly title: string }): void;
  setCreationDate(date: string): void;
  setFileId(id: string): void;
  svg(element: Element, place: { x: number; y: number; width: number; height: number }): Promise<unknown>;
  output(type: "arraybuffer"): ArrayBuffer;
}

const pointsInAnInch = 72;
const millimetresInAnInch = 25.4;

/**
 * A drawing as PDF, one page of its size; it holds what it uses of the fonts. The same drawing always gives the same bytes.
 *
 * @param svg as `renderSvg` gives it
 */
export async function printPdf(svg: string, millimetres: number, title: string): Promise<Uint8Array> {
  page ??= openPdfPage();
  const { window, fonts } = await page;
  const element = new window.DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
  makeLettersAbsolute(element);
  const [pixelsWide, pixelsHigh] = ["width", "height"].map((name) => Number(element.getAttribute(name)));
  const width = (millimetres / millimetresInAnInch) * pointsInAnInch;
  const height = (width * pixelsHigh) / pixelsWide;
  const { jsPDF } = window.jspdf as {
    jsPDF: new (options: Readonly<Record<string, unknown>>) => JsPdf;
  };
  const orientation = width > height ? "landscape" : "portrait";
  const pdf = new jsPDF({
    unit: "pt",
    format: [width, height],
    orientation,
    compress: true,
    putOnlyUsedFonts: true,
  });
  for (const [style, base64] of Object.entries(fonts)) {
    pdf.addFileToVFS(`${style}.ttf`, base64);
    pdf.addFont(`${style}.ttf`, "DejaVu Sans", style);
  }
  pdf.setDocumentProperties({ title });
  pdf.setCreationDate("D:19700101000000+00'00'");
  pdf.setFileId("0".repeat(32));
  await pdf.svg(element, { x: 0, y: 0, width, height });
  return new Uint8Array(pdf.output("arraybuffer"));
}

/** Exponents have letters of 70 % and are moved up by their own em: svg2pdf.js knows neither, and would leave them out. */
function makeLettersAbsolute(svg: Element): void {
  for (const part of svg.querySelectorAll<SVGElement>("tspan")) {
    const size = pixelsOf(part);
    const moved = /^(-?[\d.]+)em$/.exec(part.getAttribute("dy") ?? "");
    if (part.style.fontSize.endsWith("%")) part.style.fontSize = `${size}px`;
    if (moved) part.setAttribute("dy", String(Number(moved[1]) * size));
  }
}

/** An element's font size in pixels; outer elements come first, so that theirs is absolute already. */
function pixelsOf(element: SVGElement): number {
  const size = element.style.fontSize;
  const above = element.parentElement as SVGElement | null;
  if (size.endsWith("px") || above === null) return parseFloat(size) || 16;
  return pixelsOf(above) * (size.endsWith("%") ? parseFloat(size) / 100 : 1);
}

async function openPdfPage(): Promise<PdfPage> {
  const { window } = await openHeadlessWindow();
  for (const source of await readPdfSources()) window.eval(source);
  const { regular, bold } = fontFiles();
  const [normal, heavy] = await Promise.all([regular, bold].map((file) => readFile(file, "base64")));
  return { window, fonts: { normal, bold: heavy } };
}
