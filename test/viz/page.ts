import { JSDOM } from "jsdom";
import { readPlanarPlotlySource } from "../../src/viz/assets.js";

const { DOMParser } = new JSDOM("").window;

/** One window parses all documents: making one, and the styles in it, takes longer than to parse a page. */
export function parseHtml(html: string): Document {
  return new DOMParser().parseFromString(html, "text/html");
}

/** A page as a document whose scripts have not run, without plotly, which takes long to parse. */
export async function parsePage(html: string): Promise<Document> {
  return parseHtml(html.replace(await readPlanarPlotlySource(), ""));
}
