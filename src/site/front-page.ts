import { pageStyle } from "../notebook/html/page-style.js";
import { escapeHtml } from "../viz/html.js";
import { selfContainedPage } from "../viz/self-contained-page.js";
import { course, furtherNotebooks, models } from "./course.js";
import { frontScript } from "./front-script.js";
import { lessonToRead } from "./lesson-pages.js";
import { liveAddress, pageAddresses } from "./page-addresses.js";
import { minutesToRead, readingRule } from "./reading-time.js";

/**
 * The page that the site opens with: what HE-ML is, and the course in its order with the goal of each lesson and how long it is.
 *
 * @param live whether the site has notebooks to run
 */
export async function frontPage(live: boolean): Promise<string> {
  const lessons = await Promise.all(course.map((name) => entry(name, live)));
  const further = await Promise.all(furtherNotebooks.map((name) => entry(name, live)));
  const cards = await Promise.all(models.map(modelEntry));
  const body = `<a class="skip" href="#content">Skip to the content</a>
<main id="content">
<h1>HE-ML</h1>
<p>Classify images while they are encrypted, and see what it costs. A client encrypts a picture; a server computes a
neural network on it without a key; only the client can read the answer. This course starts with the encrypted network
and then builds each of its parts.</p>
<p><a href="playground/index.html">The playground</a>: draw a digit, and have it classified while it is encrypted, here in
your browser; and a bench to try CKKS out.</p>
<p id="ability" role="status" hidden></p>
<h2>The course</h2>
<ul class="course">
${lessons.join("\n")}
</ul>
<p class="rule">${readingRule}</p>
<h2>Beside the course</h2>
<ul class="course">
${further.join("\n")}
<li><a href="lessons/GLOSSARY.html">Glossary</a></li>
<li><a href="lessons/INSTRUCTORS.html">Instructor’s guide</a></li>
</ul>
<h2>The models</h2>
<p>Trained networks that come with HE-ML, each with its card: what it takes and answers, how accurate it is, how it was
trained, and what it is not for.</p>
<ul class="course">
${cards.join("\n")}
</ul>
<h2>What it needs</h2>
<p>Pages to read need nothing; without scripts, pictures stand for the figures that can be pointed at. What encrypts needs a
browser with WebAssembly’s exceptions, and is several times faster with its relaxed SIMD; the top of this page says so if
yours lacks one of them. ${needs(live)}</p>
<h2>What is not promised</h2>
<p>HE-ML is for learning and research. <a href="lessons/SECURITY.html">What it protects, and what it does not</a>.</p>
</main>`;
  return selfContainedPage({
    title: "HE-ML",
    style: `${pageStyle}${listStyle}`,
    body,
    scripts: [await frontScript()],
  });
}

const needs = (live: boolean): string =>
  live
    ? "The playground encrypts, and so do the notebooks to run live, which load a few megabytes once; nothing that they compute leaves your browser."
    : "The playground encrypts. To run notebooks, install HE-ML and Node.";

const listStyle = `
.course { padding-left: 1.5rem; max-width: 44rem; }
.course li { margin: .8em 0; }
.course p { margin: .2em 0; }
#ability { max-width: 44rem; padding: .4em .9em; border-left: 3px dashed var(--warning); background: var(--warning-box); }
.rule { max-width: 44rem; color: var(--muted); font-size: .9rem; }
`;

async function entry(name: string, live: boolean): Promise<string> {
  const path = `notebooks/${name}.ipynb`;
  const notebook = await lessonToRead(path);
  const opening = notebook.cells[0]?.source ?? "";
  const title = /^# (.+)$/m.exec(opening)?.[1] ?? name;
  const goal = /^\*\*(.+)\*\*$/m.exec(opening)?.[1] ?? "";
  const toFillIn = `notebooks/exercises/${name}.ipynb`;
  const links = [
    [pageAddresses.get(path), "read"],
    [live ? liveAddress(path) : undefined, "run it live"],
    [pageAddresses.get(toFillIn), "read the exercises"],
    [live ? liveAddress(toFillIn) : undefined, "solve the exercises live"],
  ]
    .filter(([address]) => address !== undefined)
    .map(
      ([address, text]) =>
        `<a href="${escapeHtml(address!)}" aria-label="${escapeHtml(`${title}: ${text}`)}">${text}</a>`,
    );
  return `<li><strong>${escapeHtml(title)}</strong><p>${escapeHtml(withoutLinks(goal))}</p><p>${minutesToRead(notebook)} min to read: ${links.join(" · ")}</p></li>`;
}

/** A card begins with the model's name and, as a paragraph, its layers. */
async function modelEntry(name: string): Promise<string> {
  const path = `models/${name}/card.md`;
  const [, layers = ""] = (await lessonToRead(path)).cells[0]!.source.split(/\n\s*\n/);
  return `<li><a href="${escapeHtml(pageAddresses.get(path)!)}">${escapeHtml(name)}</a><p>${escapeHtml(layers)}</p></li>`;
}

/** A link in Markdown is its text. */
function withoutLinks(markdown: string): string {
  return markdown.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll(/[*`]/g, "");
}
