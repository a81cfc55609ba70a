/** Colours of highlighted code on light and dark; each has a contrast of at least 4.5 to its background. */
export const codeStyle = `
:root {
  --code-keyword: #a40e26; --code-string: #0a3069; --code-number: #0550ae; --code-comment: #57606a;
  --code-title: #6639ba; --code-type: #8a3b00; --code-addition: #116329; --code-deletion: #82071e;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --code-keyword: #ff7b72; --code-string: #a5d6ff; --code-number: #79c0ff; --code-comment: #9ba4ae;
    --code-title: #d2a8ff; --code-type: #ffa657; --code-addition: #7ee787; --code-deletion: #ffa198;
  }
}
.hljs-keyword, .hljs-doctag, .hljs-meta .hljs-keyword, .hljs-selector-tag, .hljs-name { color: var(--code-keyword); }
.hljs-string, .hljs-regexp, .hljs-meta .hljs-string { color: var(--code-string); }
.hljs-number, .hljs-literal, .hljs-attr, .hljs-attribute, .hljs-variable, .hljs-operator, .hljs-selector-class,
.hljs-selector-id { color: var(--code-number); }
.hljs-comment, .hljs-quote, .hljs-meta { color: var(--code-comment); font-style: italic; }
.hljs-title, .hljs-section { color: var(--code-title); }
.hljs-type, .hljs-built_in, .hljs-symbol, .hljs-bullet { color: var(--code-type); }
.hljs-addition { color: var(--code-addition); }
.hljs-deletion { color: var(--code-deletion); }
.hljs-emphasis { font-style: italic; }
.hljs-strong { font-weight: 700; }
.hljs-subst { color: inherit; }
`;
