import { escapeHtml } from "../../viz/html.js";
import { terminalText } from "./terminal-text.js";

/** Boxes with more lines, or wider ones, than this may scroll, so the keyboard must reach them. */
const longLines = 20;
const wideCharacters = 36;

/** What is aligned by spaces or drawn of lines, so that it must not be broken. */
const aligned = /^ | {2}|[\t\u2500-\u259f]/m;

interface TextBox {
  readonly kind: "stdout" | "stderr" | "error" | "result";
  /** Stands above the text, so that colour is not all that tells the kinds apart. */
  readonly title?: string;
  readonly text: string;
}

/** Text that a program wrote, whole; what is long scrolls within its box, and on a telephone sentences are broken instead. */
export function textBox({ kind, title, text }: TextBox): string {
  const shown = terminalText(text).replace(/\n$/, "");
  const lines = shown.split("\n");
  const mayScroll = lines.length > longLines || lines.some(({ length }) => length > wideCharacters);
  const counted = `${lines.length} ${lines.length === 1 ? "line" : "lines"}`;
  const reach = mayScroll ? ` tabindex="0" role="group" aria-label="${title ?? "Output"}, ${counted}"` : "";
  const kinds = aligned.test(shown) ? kind : `${kind} sentences`;
  const heading = title === undefined ? "" : `<p class="box-title">${escapeHtml(title)}</p>`;
  // A line break right after <pre> is not shown; the one written here keeps a first empty line of the text.
  return `<div class="box ${kinds}">${heading}<pre${reach}>\n${escapeHtml(shown)}</pre></div>`;
}
