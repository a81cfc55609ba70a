import { fillSlots, type Slot } from "./slots.js";
import { serialise } from "./sanitise.js";
import { anchorId } from "./slug.js";

interface Heading {
  /** 1 to 6, as in h1 to h6. */
  readonly level: number;
  readonly id: string;
  readonly text: string;
  /** Its content without links and pictures. */
  readonly html: string;
}

/** The headings of one page in their order, each with an id of its own. */
export class Headings {
  readonly #list: Heading[] = [];
  readonly #ids = new Set<string>();

  /** Notes down the headings in some content and gives each its anchor. */
  add(content: DocumentFragment, slots: readonly Slot[]): void {
    for (const element of content.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
      const text = plainText(element, slots);
      const id = this.#uniqueId(anchorId(text));
      this.#list.push({ level: Number(element.localName[1]), id, text, html: label(element, slots) });
      element.id = id;
      element.append(" ", anchor(element.ownerDocument, id, text));
    }
  }

  /** The text of the first heading of the highest level. */
  get title(): string | undefined {
    const highest = Math.min(...this.#list.map(({ level }) => level));
    return this.#list.find(({ level }) => level === highest)?.text || undefined;
  }

  get hasTopHeading(): boolean {
    return this.#list.some(({ level }) => level === 1);
  }

  /** Links to the headings of the first three levels, or nothing when there are fewer than two. */
  contentsHtml(): string {
    const listed = this.#list.filter(({ level, text }) => level <= 3 && text !== "");
    if (listed.length < 2) return "";
    const items = listed.map(
      ({ level, id, html }) => `<li class="level-${level}"><a href="#${id}">${html}</a></li>`,
    );
    return `<nav aria-label="Contents">
<details class="contents"><summary>Contents</summary>
<ul>
${items.join("\n")}
</ul>
</details>
</nav>`;
  }

  #uniqueId(wanted: string): string {
    let id = wanted;
    for (let count = 1; this.#ids.has(id); count++) id = `${wanted}-${count}`;
    this.#ids.add(id);
    return id;
  }
}

function plainText(element: Element, slots: readonly Slot[]): string {
  const copy = element.cloneNode(true) as Element;
  for (const place of copy.querySelectorAll<HTMLElement>("[data-slot]")) {
    place.replaceWith(slots[Number(place.dataset.slot)]?.text ?? "");
  }
  return copy.textContent.trim().replaceAll(/\s+/g, " ");
}

function label(element: Element, slots: readonly Slot[]): string {
  const copy = element.cloneNode(true) as Element;
  for (const picture of copy.querySelectorAll("img")) picture.remove();
  for (const link of copy.querySelectorAll("a")) link.replaceWith(...Array.from(link.childNodes));
  const fragment = element.ownerDocument.createDocumentFragment();
  fragment.append(...Array.from(copy.childNodes));
  return fillSlots(serialise(fragment), slots).trim();
}

function anchor(document: Document, id: string, text: string): Element {
  const link = document.createElement("a");
  link.className = "anchor";
  link.href = `#${id}`;
  link.textContent = "#";
  link.setAttribute("aria-label", `Link to: ${text}`);
  return link;
}
