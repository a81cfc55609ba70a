/** The parts of a report's page, as HTML and JavaScript that are ready to be written. */
export interface ReportPage {
  readonly title: string;
  readonly body: string;
  readonly scripts: readonly string[];
}

/** One page that asks for nothing outside itself; its content security policy forbids it to. */
export function reportPage({ title, body, scripts }: ReportPage): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${body}
</main>
${scripts.map((script) => `<script>${script}</script>`).join("\n")}
</body>
</html>
`;
}

const policy = [
  "default-src 'none'",
  "script-src 'unsafe-inline'",
  "style-src 'unsafe-inline'",
  "img-src data: blob:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** White in light and dark surroundings alike, because the figures are. */
const style = `
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

/** Two buttons leave room for the title on a telephone; none of the others that plotly brings is needed. */
const interactive = { displaylogo: false, responsive: true, modeBarButtons: [["toImage", "resetScale2d"]] };

/** Runs in the reader's browser, after plotly: draws the figure whose JSON lies inside each plot's element. */
export const drawFigures = `
for (const plot of document.querySelectorAll(".plot")) {
  const { data, layout, config } = JSON.parse(plot.querySelector("script").textContent);
  plot.replaceChildren();
  Plotly.newPlot(plot, data, layout, { ...${JSON.stringify(interactive)}, ...config });
}
`;
