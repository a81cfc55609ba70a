/** White in light and dark surroundings alike, because the figures are. */
export const reportStyle = `
:root { color-scheme: light; }
body { margin: 0; background: #fff; color: #222; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.6rem; line-height: 1.2; overflow-wrap: anywhere; }
p { max-width: 42rem; overflow-wrap: anywhere; }
.table { overflow-x: auto; margin: 2rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding-bottom: .5rem; }
th, td { padding: .3rem .8rem .3rem 0; text-align: left; border-bottom: 1px solid #ddd; vertical-align: top; }
thead th { border-bottom: 2px solid #666; }
tbody th { font-weight: inherit; }
.number { text-align: right; white-space: nowrap; }
figure { margin: 2.5rem 0; break-inside: avoid; }
figure img { max-width: 100%; height: auto; }
figcaption { font-weight: 600; overflow-wrap: anywhere; }
.plot { width: 100%; }
@media (scripting: none) { .plot { display: none; } }
@media print { .table { overflow: visible; } .modebar { display: none; } }
`;
