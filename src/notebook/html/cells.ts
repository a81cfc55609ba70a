import { escapeHtml } from "../../viz/html.js";
import type { Cell, CodeCell } from "../runner/notebook-file.js";
import type { Headings } from "./headings.js";
import { sourceHtml } from "./highlight.js";
import type { Attachments } from "./images.js";
import type { LeadLink } from "./links.js";
import { markdownHtml } from "./markdown.js";
import { outputsHtml } from "./outputs.js";

/** What the cells of a notebook share. */
export interface CellContext {
  /** Of the code cells, by highlight.js's names. */
  readonly language: string;
  readonly headings: Headings;
  readonly leadLink?: LeadLink;
  /** As data URIs, by the addresses that the text has for them. */
  readonly pictures?: ReadonlyMap<string, string>;
}

/** One cell as HTML; nothing for a cell without content. */
export function cellHtml(cell: Cell, { language, ...context }: CellContext): string {
  switch (cell.cell_type) {
    case "markdown": {
      const attachments = asAttachments(cell.attachments);
      return `<div class="cell markdown">\n${markdownHtml(cell.source, { attachments, ...context })}</div>`;
    }
    case "raw":
      return cell.source === "" ? "" : `<pre class="cell raw">\n${escapeHtml(cell.source)}</pre>`;
    case "code":
      return codeCellHtml(cell, language);
  }
}

function codeCellHtml(cell: CodeCell, language: string): string {
  if (cell.source.trim() === "" && cell.outputs.length === 0) return "";
  const count = cell.execution_count ?? " ";
  const source = `<p class="count" aria-hidden="true">[${count}]</p>\n${sourceHtml(cell.source, language)}`;
  const outputs = outputsHtml(cell.outputs);
  const hidden = (cell.metadata.jupyter ?? {}) as Record<string, unknown>;
  return `<div class="cell code" role="group" aria-label="${codeLabel(cell)}">
${folded(source, "Code", hidden.source_hidden === true)}
${outputs && `<div class="outputs">\n${folded(outputs, "Output", hidden.outputs_hidden === true)}\n</div>`}
</div>`;
}

function codeLabel({ execution_count: count }: CodeCell): string {
  return count === null ? "Code, not run" : `Code, run ${count}`;
}

/** What the notebook's author has hidden waits behind its name. */
function folded(html: string, name: string, isHidden: boolean): string {
  return isHidden ? `<details><summary>${name}</summary>\n${html}\n</details>` : html;
}

function asAttachments(value: unknown): Attachments {
  if (typeof value !== "object" || value === null) return {};
  const bundles = Object.entries(value).filter(([, bundle]) => typeof bundle === "object" && bundle !== null);
  return Object.fromEntries(bundles);
}
