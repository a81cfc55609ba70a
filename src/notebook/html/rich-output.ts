import { escapeHtml } from "../../viz/html.js";
import { asFigure, figureHtml, figureType } from "./figure.js";
import { formulaHtml } from "./formulas.js";
import { imageTypes, imageUri } from "./images.js";
import { markdownHtml } from "./markdown.js";
import { sanitise, serialise } from "./sanitise.js";
import { frameTables } from "./tables.js";
import { textBox } from "./text-box.js";

/** A value in several forms, by media type, with what is said about each form. */
export interface RichValue {
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** The ways to show a value, the richest first; each answers undefined when the value has no such form. */
const views: readonly ((value: RichValue) => string | undefined)[] = [
  plotlyView,
  imageView,
  htmlView,
  markdownView,
  latexView,
  plainView,
  jsonView,
];

/** A value in the richest form that is safe to show. */
export function richOutput(value: RichValue): string {
  for (const view of views) {
    const html = view(value);
    if (html !== undefined) return html;
  }
  const types = Object.keys(value.data).join(", ");
  return types === "" ? "" : `<p class="note">Output that this page cannot show: ${escapeHtml(types)}</p>`;
}

function plotlyView({ data }: RichValue): string | undefined {
  const figure = asFigure(data[figureType]);
  return figure && figureHtml(figure, picture(data)?.address, textOf(data["text/plain"]) ?? "A figure.");
}

function imageView({ data, metadata }: RichValue): string | undefined {
  const image = picture(data);
  if (image === undefined) return undefined;
  const alt = textOf(data["text/plain"])?.trim() || "Picture made by the cell above";
  return `<img class="output-image" alt="${escapeHtml(alt)}" src="${image.address}"${sizeOf(metadata[image.type])}>`;
}

function htmlView({ data }: RichValue): string | undefined {
  const html = textOf(data["text/html"]);
  if (html === undefined) return undefined;
  const content = sanitise(html);
  frameTables(content);
  const isEmpty = content.textContent?.trim() === "" && content.querySelector("img, hr") === null;
  return isEmpty ? undefined : `<div class="rich">${serialise(content)}</div>`;
}

function markdownView({ data }: RichValue): string | undefined {
  const source = textOf(data["text/markdown"]);
  return source && `<div class="rich markdown">${markdownHtml(source)}</div>`;
}

/** Display mode, as in JupyterLab, unless single dollars ask for a formula in the line. */
function latexView({ data }: RichValue): string | undefined {
  const source = textOf(data["text/latex"])?.trim();
  if (!source) return undefined;
  const [, block, bracketed, inline] = /^(?:\$\$(.+)\$\$|\\\[(.+)\\\]|\$([^$]+)\$)$/s.exec(source) ?? [];
  return `<div class="rich">${formulaHtml(block ?? bracketed ?? inline ?? source, inline === undefined)}</div>`;
}

function plainView({ data }: RichValue): string | undefined {
  const text = textOf(data["text/plain"]);
  return text === undefined ? undefined : textBox({ kind: "result", text });
}

function jsonView({ data }: RichValue): string | undefined {
  const type = Object.keys(data).find((name) => name === "application/json");
  return type && textBox({ kind: "result", text: JSON.stringify(data[type], null, 2) });
}

function picture(data: RichValue["data"]): { type: string; address: string } | undefined {
  for (const type of imageTypes) {
    const address = imageUri(type, data[type]);
    if (address !== undefined) return { type, address };
  }
  return undefined;
}

/** Texts stand in a notebook's file as lists of lines. */
function textOf(content: unknown): string | undefined {
  if (typeof content === "string") return content;
  const isLines = Array.isArray(content) && content.every((line) => typeof line === "string");
  return isLines ? content.join("") : undefined;
}

/** The size in CSS pixels that the notebook asks for. */
function sizeOf(metadata: unknown): string {
  const { width, height } = (metadata ?? {}) as Record<string, unknown>;
  return Object.entries({ width, height })
    .filter(([, pixels]) => typeof pixels === "number" && pixels > 0 && pixels < 10_000)
    .map(([name, pixels]) => ` ${name}="${Math.round(Number(pixels))}"`)
    .join("");
}
