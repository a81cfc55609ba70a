import { createHash } from "node:crypto";
import { escapeHtml } from "./html.js";

/** The parts of a page; `head`, `style` and `body` are HTML and CSS that are ready to be written. */
export interface PageParts {
  /** Plain text. */
  readonly title: string;
  readonly style: string;
  readonly head?: string;
  readonly body: string;
  readonly scripts: readonly string[];
  /** Whether these scripts may load others; they may not unless told. */
  readonly scriptsLoadOthers?: boolean;
}

/**
 * One page that asks for nothing outside itself; its content security policy forbids it to, and lets run none but
 * the scripts given here and, where that is allowed, those that they load.
 */
export function selfContainedPage({
  title,
  style,
  head = "",
  body,
  scripts,
  scriptsLoadOthers = false,
}: PageParts): string {
  const safeScripts = scripts.map(safeScript);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(safeScripts, scriptsLoadOthers)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
${head}
</head>
<body>
${body}
${safeScripts.map((script) => `<script>${script}</script>`).join("\n")}
</body>
</html>
`;
}

/** The hash by which policies and elements name a script. */
export function integrityOf(script: string): string {
  return `sha256-${createHash("sha256").update(script).digest("base64")}`;
}

/** A script must not hold the tag that would end it; in JavaScript's strings the backslash changes nothing. */
function safeScript(source: string): string {
  return source.replaceAll(/<\/(script)/gi, "<\\/$1");
}

/** @see https://www.w3.org/TR/CSP3/#strict-dynamic-usage for how a script that may run hands that on */
function policy(scripts: readonly string[], loadOthers: boolean): string {
  const allowed = scripts.map((script) => `'${integrityOf(script)}'`);
  if (loadOthers) allowed.push("'strict-dynamic'");
  return [
    "default-src 'none'",
    `script-src ${allowed.join(" ") || "'none'"}`,
    "style-src 'unsafe-inline'",
    "img-src data: blob:",
    "font-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}
