import { uint8ArrayToBase64 } from "uint8array-extras";
import type { Displayed } from "./kernel-messages.js";

/** Sends what a cell shows; `isUpdate` where it takes the place of what was shown under the same id. */
export type Show = (shown: Displayed, isUpdate: boolean) => void;

type Text = (text: string) => void;
type Bytes = (bytes: Uint8Array) => void;

/** As tslab's (https://github.com/yunabe/tslab/blob/v1.0.22/src/public.ts). */
export interface Display {
  javascript: Text;
  html: Text;
  markdown: Text;
  latex: Text;
  svg: Text;
  text: Text;
  png: Bytes;
  jpeg: Bytes;
  gif: Bytes;
  pdf: Bytes;
  raw(contentType: string, content: string | Uint8Array): void;
}

/**
 * What cells get that import "tslab": `display`, and `newDisplay`, of which each shows one output and then writes over it.
 *
 * @example
 * const progress = newDisplay();
 * progress.text("1 of 2");
 * progress.text("2 of 2");
 */
export function tslabModule(show: Show): { display: Display; newDisplay: () => Display } {
  return { display: displayBy(show), newDisplay: () => displayBy(show, crypto.randomUUID()) };
}

function displayBy(show: Show, id?: string): Display {
  let isShown = false;
  const raw = (contentType: string, content: unknown) => {
    const data = { [contentType]: content instanceof Uint8Array ? uint8ArrayToBase64(content) : content };
    show({ data, metadata: {}, transient: id === undefined ? {} : { display_id: id } }, isShown);
    isShown = id !== undefined;
  };
  const as = (contentType: string) => (content: string | Uint8Array) => raw(contentType, content);
  return {
    javascript: as("text/javascript"),
    html: as("text/html"),
    markdown: as("text/markdown"),
    latex: as("text/latex"),
    svg: as("image/svg+xml"),
    text: as("text/plain"),
    png: as("image/png"),
    jpeg: as("image/jpeg"),
    gif: as("image/gif"),
    pdf: as("application/pdf"),
    raw,
  };
}
