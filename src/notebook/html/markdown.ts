import MarkdownIt from "markdown-it";
import { readFormulas } from "./formula-syntax.js";
import { formulaHtml } from "./formulas.js";
import type { Headings } from "./headings.js";
import { sourceHtml } from "./highlight.js";
import { attachmentUri, type Attachments } from "./images.js";
import { leadLinks, type LeadLink } from "./links.js";
import { sanitise, serialise } from "./sanitise.js";
import { fillSlots, slotPlace, type Slot } from "./slots.js";
import { frameTables } from "./tables.js";

export interface MarkdownOptions {
  /** Pictures that the text names as `attachment:NAME`. */
  readonly attachments?: Attachments;
  /** Pictures that it names otherwise, as data URIs by these addresses. */
  readonly pictures?: ReadonlyMap<string, string>;
  /** Where the headings are noted down and get their anchors; without it they get none. */
  readonly headings?: Headings;
  /** Where links lead; as they are written unless told. */
  readonly leadLink?: LeadLink;
}

/** A parser that writes formulas and code into slots, and their places into the text. */
export function parserInto(slots: Slot[]) {
  const parser = new MarkdownIt({ html: true, linkify: true });
  parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false });
  // The sanitiser decides on addresses; here a refusal would show the link's source instead of its text.
  parser.validateLink = () => true;
  readFormulas(parser);
  const formula = (content: string, display: boolean): string => {
    const tex = content.trim();
    return slotPlace("span", slots.push({ html: formulaHtml(tex, display), text: tex }) - 1);
  };
  const code = (source: string, info: string): string => {
    const language = info
      .trim()
      .split(/[\s,{]/)[0]
      .toLowerCase();
    return slotPlace("div", slots.push({ html: sourceHtml(source, language), text: source }) - 1);
  };
  const { rules } = parser.renderer;
  rules.math_inline = (tokens, index) => formula(tokens[index].content.replace(/^`(.+)`$/, "$1"), false);
  rules.math_block = (tokens, index) => formula(tokens[index].content, true);
  rules.math_inline_block = rules.math_block;
  rules.math_inline_bare_block = rules.math_block;
  rules.code_block = (tokens, index) => code(tokens[index].content, "");
  rules.fence = (tokens, index) => code(tokens[index].content, tokens[index].info);
  return parser;
}

/**
 * Markdown of any origin as HTML: CommonMark, tables, formulas set, code highlighted; of raw HTML what the sanitiser
 * lets stay, so that `<details>` works and scripts do not.
 */
export function markdownHtml(
  source: string,
  { attachments = {}, pictures, headings, leadLink }: MarkdownOptions = {},
): string {
  const slots: Slot[] = [];
  const html = parserInto(slots).render(source);
  const content = sanitise(html, (address) => attachmentUri(attachments, address) ?? pictures?.get(address));
  if (leadLink !== undefined) leadLinks(content, leadLink);
  frameTables(content);
  headings?.add(content, slots);
  return fillSlots(serialise(content), slots);
}
