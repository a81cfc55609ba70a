export const reportStyle = `
:root { color-scheme: light dark; --text: #222; --muted: #59636e; --page: #fff; --figure: #fff; --line: #ddd; }
@media screen and (prefers-color-scheme: dark) {
  :root { --text: #e6edf3; --muted: #9ba4ae; --page: #0f141a; --figure: #181f27; --line: #3b444f; }
}
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.6rem; line-height: 1.2; overflow-wrap: anywhere; }
p { max-width: 42rem; overflow-wrap: anywhere; }
.table { overflow-x: auto; margin: 2rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding-bottom: .5rem; }
th, td { padding: .3rem .8rem .3rem 0; text-align: left; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { border-bottom: 2px solid var(--muted); }
tbody th { font-weight: inherit; }
.number { text-align: right; white-space: nowrap; }
/* A frame around figure and caption: a caption must not read as the heading of what comes next. */
@media screen and (max-width: 34rem) {
  table { font-size: .82rem; }
  th, td { padding-right: .5rem; }
}
figure {
  margin: 2rem 0; padding: .8rem; background: var(--figure); border: 1px solid var(--line); border-radius: .4rem;
  break-inside: avoid;
}
figure img { max-width: 100%; height: auto; background: #fff; }
figcaption { color: var(--muted); font-size: .9rem; margin-top: .5rem; overflow-wrap: anywhere; }
.plot { width: 100%; }
@media (scripting: none) { .plot { display: none; } }
@media print { .table { overflow: visible; } .modebar { display: none; } }
`;
