import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import katex from "katex";
import { escapeHtml } from "../../viz/html.js";

const displayed = '<span class="katex-display">';
/** What is wider than a telephone scrolls, so the keyboard must reach it. */
const reachable = '<span class="katex-display" tabindex="0">';

/** A formula as HTML, with MathML beside it for screen readers. TeX that is wrong is shown as it was written. */
export function formulaHtml(tex: string, display: boolean): string {
  try {
    const html = katex.renderToString(tex, {
      displayMode: display,
      throwOnError: true,
      strict: "ignore",
      maxSize: 40,
    });
    return html.replace(displayed, reachable);
  } catch (error) {
    const source = display ? `$$${tex}$$` : `$${tex}$`;
    const reason = (error as Error).message;
    return `<code class="bad-formula" title="${escapeHtml(reason)}">${escapeHtml(source)}</code>`;
  }
}

interface FontRule {
  readonly classes: readonly string[];
  readonly family: string | undefined;
  readonly isBold: boolean;
}

/**
 * The style sheet of the formulas in a page with the fonts that they use, as data URIs; empty when there are no
 * formulas. Which fonts those are is read from the style sheet: a rule is used when the page has all its classes.
 */
export async function formulaStyle(html: string): Promise<string> {
  const present = new Set(
    Array.from(html.matchAll(/class="([^"]*)"/g), ([, names]) => names.split(" ")).flat(),
  );
  if (!present.has("katex")) return "";
  const file = createRequire(import.meta.url).resolve("katex/dist/katex.min.css");
  const rules = (await readFile(file, "utf8")).match(/[^{}]+\{[^{}]*\}/g) ?? [];
  const used = rules.flatMap(fontRules).filter(({ classes }) => classes.every((name) => present.has(name)));
  const families = new Set(used.map(({ family }) => family));
  const hasBold = used.some(({ isBold }) => isBold);
  const written = rules.map(async (rule) => {
    if (!rule.startsWith("@font-face")) return rule;
    const isNeeded = families.has(fontFamily(rule)) && (hasBold || !isBold(rule));
    return isNeeded ? inlineFont(rule, dirname(file)) : "";
  });
  return (await Promise.all(written)).join("");
}

/** What a rule of the style sheet says of fonts, one entry a selector. */
function fontRules(rule: string): FontRule[] {
  const [selectors] = rule.split("{");
  if (selectors.startsWith("@") || !/font(?:-family|-weight)?:/.test(rule)) return [];
  return selectors.split(",").map((selector) => ({
    classes: Array.from(selector.matchAll(/\.([\w-]+)/g), ([, name]) => name),
    family: fontFamily(rule),
    isBold: isBold(rule),
  }));
}

const fontFamily = (rule: string): string | undefined => /KaTeX_\w+/.exec(rule)?.[0];
const isBold = (rule: string): boolean => /font-weight:(?:700|bold)/.test(rule);

async function inlineFont(rule: string, folder: string): Promise<string> {
  const [, path] = /url\((fonts\/[\w-]+\.woff2)\)/.exec(rule)!;
  const bytes = await readFile(join(folder, path), "base64");
  return rule.replace(/src:[^}]*/, `src:url(data:font/woff2;base64,${bytes}) format("woff2")`);
}
