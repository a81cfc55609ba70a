import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { packageVersion } from "../he-ml/node/files/package-root.js";
import { escapeHtml } from "../viz/html.js";
import { reportStyle } from "../viz/report-style.js";
import { selfContainedPage } from "../viz/self-contained-page.js";
import { figureFileSchema, narrowFile, type FigureFile } from "./figure-file.js";
import { galleryStyle } from "./gallery-style.js";

/**
 * A page that shows figures and asks for nothing outside itself; files that it leads to lie beside it. On light and dark ground
 * figures take the colours for it, and on a telephone they are drawn for its width.
 *
 * @param folder where the figures' files are
 * @param names of the figures, in order
 */
export async function gallery(folder: string, names: readonly string[]): Promise<string> {
  const files = await Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(folder, `${name}.json`), "utf8");
      return figureFileSchema.parse(JSON.parse(text));
    }),
  );
  const sections = await Promise.all(files.map((file) => section(folder, file)));
  const contents = files.map(
    ({ figure, title }) => `<li><a href="#${escapeHtml(figure)}">${escapeHtml(title)}</a></li>`,
  );
  return selfContainedPage({
    title: "HE-ML: research figures",
    style: `${reportStyle}${galleryStyle}`,
    body: `<main>
<h1>HE-ML ${escapeHtml(packageVersion())}: research figures</h1>
<p>Each figure with the data behind it, the command that makes it, and the machine that it was measured on. What
<a href="manifest.json">manifest.json</a> says of a file is its SHA-256.</p>
<nav aria-label="Figures"><ol>${contents.join("\n")}</ol></nav>
${sections.join("\n")}
</main>`,
    scripts: [],
  });
}

async function section(folder: string, file: FigureFile): Promise<string> {
  const { figure, title, caption, command, parameters, drawings } = file;
  const pictures = await Promise.all(drawings.map((drawing) => picture(folder, drawing, title)));
  const quick = parameters.quick
    ? `<p class="quick">A smoke run: the least that shows that everything works. Its numbers say nothing.</p>`
    : "";
  return `<section id="${escapeHtml(figure)}">
<h2>${escapeHtml(title)}</h2>
${quick}
<figure>
${pictures.join("\n")}
<figcaption>${escapeHtml(caption)}</figcaption>
</figure>
<p>Data: ${link(`${figure}.json`, "JSON")}, ${link(`${figure}.csv`, "CSV")}</p>
<pre><code>${escapeHtml(command)}</code></pre>
<p class="made">${escapeHtml(madeBy(file))}</p>
</section>`;
}

async function picture(
  folder: string,
  { name, width }: FigureFile["drawings"][number],
  title: string,
): Promise<string> {
  // As images of their own, because the ids inside two drawings on one page would be mixed up.
  const source = async (file: string) =>
    `data:image/svg+xml;base64,${(await readFile(join(folder, file))).toString("base64")}`;
  const narrow =
    width === "full" ? `<source media="(max-width: 34rem)" srcset="${await source(narrowFile(name))}">` : "";
  const files = ["svg", "png", "pdf"].map((ending) => link(`${name}.${ending}`, ending.toUpperCase()));
  return `<div class="drawing">
<picture>${narrow}<img class="${width}" alt="${escapeHtml(`${title}: ${name}`)}" src="${await source(`${name}.svg`)}"></picture>
<p class="files">${escapeHtml(name)}: ${files.join(", ")}</p>
</div>`;
}

const link = (file: string, text: string) => `<a href="${encodeURIComponent(file)}">${text}</a>`;

function madeBy({ parameters, machine, versions, commit, finished }: FigureFile): string {
  const gigabytes = Math.round(machine.memory_bytes / 2 ** 30);
  const changes = commit?.changes ? ` with changes ${commit.changes}` : "";
  return [
    `Seed ${parameters.seed}, ${parameters.repeats === 1 ? "measured once" : `repeated ${parameters.repeats} times`}`,
    `${machine.cpu}, ${machine.cores} cores, ${gigabytes} GiB, ${machine.system}`,
    `HE-ML ${versions["he-ml"]}${commit ? `, commit ${commit.id.slice(0, 12)}${changes}` : ""}`,
    `Node ${versions.node}, node-seal ${versions["node-seal"]}`,
    finished,
  ].join("; ");
}
