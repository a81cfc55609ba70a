import { pageColors } from "./page-colors.js";

/** Where the table of contents has room beside the text. */
export const wideScreen = "(min-width: 72rem)";

/** Where the numbers of the cells have room beside them. */
const mediumScreen = "(min-width: 52rem)";

/** Pictures stand on white in light and dark surroundings alike, because they are drawn for it. */
export const pageStyle = `${pageColors}* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; text-size-adjust: 100%; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--text); font: 1.0625rem/1.6 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
a { color: var(--link); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -100vw; }
.bar { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; padding-bottom: .7rem; }
@media print { .bar { display: none; } }
.skip:focus { left: 1rem; top: .5rem; background: var(--page); padding: .3rem .6rem; z-index: 2; }

h1, h2, h3, h4, h5, h6 { line-height: 1.25; margin: 2.2em 0 .6em; max-width: 44rem; overflow-wrap: anywhere; }
h1 { font-size: 2rem; margin-top: .5em; }
h2 { font-size: 1.5rem; border-bottom: 1px solid var(--line); padding-bottom: .25em; max-width: none; }
h3 { font-size: 1.2rem; }
h4, h5, h6 { font-size: 1rem; }
.anchor { color: var(--muted); font-weight: 400; text-decoration: none; opacity: 0; }
:is(h1, h2, h3, h4, h5, h6):hover .anchor, .anchor:focus { opacity: 1; }
@media (hover: none) { .anchor { display: none; } }

.cell { margin: 1.25rem 0; }
/* A formula within a line cannot always be broken; then its cell scrolls, not the page. */
.markdown { overflow-wrap: break-word; overflow: auto hidden; padding: 0 3px 3px; margin-inline: -3px; }
.markdown > :last-child { margin-bottom: 0; }
.markdown > :is(p, ul, ol, blockquote, details, .table):first-child { margin-top: 0; }
.markdown > :is(p, ul, ol, dl, blockquote, details) { max-width: 44rem; }
blockquote { margin: 1em 0; padding: .1em 1em; border-left: .25rem solid var(--muted); }
details { margin: 1em 0; padding: .5em 1em; border: 1px solid var(--line); border-radius: .4rem; }
summary { cursor: pointer; font-weight: 600; }
hr { border: 0; border-top: 1px solid var(--line); margin: 2em 0; }
kbd { border: 1px solid var(--line); border-radius: .25rem; padding: 0 .3em; font-size: .9em; }
.markdown img, .output-image, .picture {
  display: block; max-width: 100%; height: auto; background: #fff; border-radius: .3rem;
}
.markdown p > img:not(:only-child) { display: inline-block; vertical-align: middle; }
.table { overflow-x: auto; margin: 1em 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .95rem; line-height: 1.45; }
caption { text-align: left; font-weight: 600; padding: .2em 0 .4em; }
th, td { padding: .3em 1em .3em 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { border-bottom-color: var(--muted); vertical-align: bottom; }
/* On a telephone a table has room for its last columns only if it is small. Cells of outputs bring styles of their own. */
@media screen and (max-width: 34rem) {
  .table { margin-inline: -.4rem; padding-inline: .4rem; }
  table { font-size: .75rem; line-height: 1.35; }
  th, td:not([style*="right"]) { white-space: normal !important; }
  th, td { padding-right: .5em !important; }
  .table code { font-size: .9em; overflow-wrap: anywhere; }
  .sentences pre { white-space: pre-wrap; overflow-wrap: anywhere; }
}

code, pre, .count, .box-title { font-family: ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace; }
code { font-size: .88em; background: var(--box); border-radius: .25rem; padding: .1em .3em; }
pre { font-size: .875rem; line-height: 1.5; margin: 0; overflow: auto; tab-size: 2; }
pre code { font-size: 1em; background: none; padding: 0; }
.source, .raw { --under: var(--box); border: 1px solid var(--line); border-radius: .4rem; padding: .7em .9em; }
/* A shade at the edge behind which there is more; covers of the ground's colour scroll over it at the end. */
.source, .raw, .box pre, .table, .katex-display {
  background:
    linear-gradient(to right, var(--under, var(--page)) 40%, transparent) 0 0 / 2rem 100% no-repeat local,
    linear-gradient(to left, var(--under, var(--page)) 40%, transparent) 100% 0 / 2rem 100% no-repeat local,
    linear-gradient(to right, var(--shade), transparent) 0 0 / .6rem 100% no-repeat scroll,
    linear-gradient(to left, var(--shade), transparent) 100% 0 / .6rem 100% no-repeat scroll,
    var(--under, var(--page));
}
.code { position: relative; }
.count { margin: 0 0 .2em; color: var(--muted); font-size: .8rem; user-select: none; }
.outputs > * + * { margin-top: .8rem; }
.outputs { margin-top: .8rem; }
.box { padding: 0 0 0 .9em; border-left: 3px solid var(--line); }
.box pre { max-height: 32rem; }
.box-title { margin: 0; font-size: .75rem; font-weight: 700; letter-spacing: .03em; }
.stderr { --under: var(--warning-box); border-left: 3px dashed var(--warning); background: var(--warning-box); padding: .4em .9em; }
.stderr .box-title { color: var(--warning); }
.error { --under: var(--error-box); border-left: 3px double var(--error); border-left-width: 6px; background: var(--error-box); padding: .4em .9em; }
.error .box-title { color: var(--error); }
:is(.stderr, .error) pre { white-space: pre-wrap; overflow-wrap: anywhere; }
.note { color: var(--muted); font-style: italic; }
.rich > :first-child { margin-top: 0; }
.rich > :last-child { margin-bottom: 0; }

figure { margin: 1rem 0; }
.interactive { padding: .5rem; background: var(--figure); border-radius: .3rem; break-inside: avoid; }
.plot { width: 100%; }
.picture, .not-drawn .plot { display: none; }
.not-drawn .picture { display: block; }

.katex-display { overflow: auto hidden; padding: .2em 0; }
.bad-formula { color: var(--error); overflow-wrap: anywhere; }

.contents { margin: 1rem auto 0; max-width: 58rem; font-size: .95rem; }
nav { padding: 0 1rem; }
.contents ul { list-style: none; margin: .5em 0 0; padding: 0; }
.contents li { margin: .3em 0; line-height: 1.35; overflow-wrap: anywhere; }
.contents .level-2 { padding-left: .8em; }
.contents .level-3 { padding-left: 1.9em; font-size: .92em; }
.contents a { color: inherit; text-decoration: none; }
.contents a:hover { text-decoration: underline; }
@media screen and ${mediumScreen} {
  main { padding: 1rem 2rem 4rem 4.5rem; max-width: 65rem; }
  nav { padding: 0 2rem 0 4.5rem; max-width: 65rem; margin: 0 auto; }
  .code > .count, .code > details > .count { position: absolute; right: 100%; margin: .75rem .6rem 0 0; white-space: nowrap; }
}
@media screen and ${wideScreen} {
  body { display: grid; grid-template-columns: 17rem minmax(0, 1fr); }
  nav { grid-column: 1; padding: 0; margin: 0; border-right: 1px solid var(--line); }
  main { grid-column: 2; margin: 0; width: 100%; }
  .contents {
    position: sticky; top: 0; max-height: 100vh; overflow-y: auto; margin: 0; padding: 1.5rem 1rem; border: 0;
  }
  .contents summary { list-style: none; }
  .contents summary::-webkit-details-marker { display: none; }
}
@media print {
  body { font-size: 10.5pt; }
  nav, .skip, .anchor, .modebar { display: none !important; }
  main { max-width: none; padding: 0; }
  .markdown, .box pre, .source, .table, .katex-display { max-height: none; overflow: visible; }
  .source, .raw, .box pre, .table, .katex-display { background: none; }
  /* Code may go on overleaf, or it would leave pages half empty; but no line or two of anything stands alone. */
  p, li, pre { orphans: 3; widows: 3; }
  pre { font-size: 8.5pt; white-space: pre-wrap; overflow-wrap: anywhere; orphans: 5; widows: 5; }
  h1, h2, h3, h4, .count, .box-title, caption, thead { break-after: avoid; }
  .markdown > :is(p, ul, ol):has(+ .katex-display) { break-after: avoid; }
  tr, blockquote, .output-image, .katex-display, figure { break-inside: avoid; }
  tbody tr:nth-child(-n + 2) { break-after: avoid; }
  tbody tr:nth-last-child(-n + 2) { break-before: avoid; }
  .outputs { break-before: avoid; }
  .picture, .output-image { max-height: 85mm; width: auto; }
  details::details-content { content-visibility: visible; block-size: auto; }
  .has-picture .plot { display: none; }
  .has-picture .picture { display: block; }
}
`;

/** Where no script runs, pictures stand for the figures. */
export const styleWithoutScripts = ".plot { display: none; } .picture { display: block; }";
