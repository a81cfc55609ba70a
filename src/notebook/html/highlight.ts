import hljs from "highlight.js/lib/common";
import { escapeHtml } from "../../viz/html.js";

/** Source code with its words marked up in classes; as it is when the language is not known. */
export function highlight(source: string, language: string): string {
  if (!hljs.getLanguage(language)) return escapeHtml(source);
  return hljs.highlight(source, { language, ignoreIllegals: true }).value;
}

/** The selectable box in which a source stands. */
export function sourceHtml(source: string, language: string): string {
  return `<pre class="source" tabindex="0"><code>${highlight(source, language)}</code></pre>`;
}
