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
}

/**
 * One page that asks for nothing outside itself; its content security policy forbids it to, and lets run none but
 * the scripts given here.
 */
export function selfContainedPage({ title, style, head = "", body, scripts }: PageParts): string {
  const safeScripts = scripts.map(safeScript);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(safeScripts)}">
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

/** A script must not hold the tag that would end it; in JavaScript's strings the backslash changes nothing. */
function safeScript(source: string): string {
  return source.replaceAll(/<\/(script)/gi, "<\\/$1");
}

function policy(scripts: readonly string[]): string {
  const hashes = scripts.map((script) => `'sha256-${createHash("sha256").update(script).digest("base64")}'`);
  return [
    "default-src 'none'",
    `script-src ${hashes.join(" ") || "'none'"}`,
    "style-src 'unsafe-inline'",
    "img-src data: blob:",
    "font-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}
