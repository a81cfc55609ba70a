import { JSDOM } from "jsdom";
import { isImageUri } from "./images.js";
import { anchorId } from "./slug.js";

/** Elements that may stay, with the attributes that each may keep beside the common ones. */
const allowedElements = new Map<string, readonly string[]>([
  ...[
    ..."b bdi bdo big br center cite code dd del dfn div dl dt em figcaption figure h1 h2 h3 h4 h5 h6".split(
      " ",
    ),
    ..."hr i ins kbd mark p pre q s samp small span strong sub summary sup tbody tfoot thead tr tt u".split(
      " ",
    ),
    ..."ul var wbr blockquote caption colgroup table".split(" "),
  ].map((name): [string, string[]] => [name, []]),
  ["a", ["href", "id"]],
  ["abbr", ["title"]],
  ["col", ["span"]],
  ["details", ["open"]],
  ["img", ["src", "alt", "width", "height"]],
  ["li", ["value"]],
  ["ol", ["start", "type", "reversed"]],
  ["td", ["colspan", "rowspan"]],
  ["th", ["colspan", "rowspan", "scope"]],
]);

/** Slots are places for trusted HTML that `fillSlots` puts in later; a forged one can name nothing else. */
const commonAttributes = ["title", "dir", "lang", "style", "data-slot"];

/** Elements whose content is code or is read otherwise than HTML: they go with all that they hold. */
const droppedElements = new Set(
  (
    "script style template noscript iframe frame frameset noframes noembed object embed applet svg math title " +
    "textarea select option xmp plaintext listing audio video canvas head"
  ).split(" "),
);

const safeSchemes = new Set(["http:", "https:", "mailto:"]);

/** The picture that an address names within the notebook, if it names one. */
type ResolveImage = (address: string) => string | undefined;

/**
 * Parses HTML of any origin and leaves of it what cannot run, load or restyle: an allow-list of elements and
 * attributes. Other elements give way to their content. Nothing is fetched or executed on the way.
 */
export function sanitise(html: string, resolveImage: ResolveImage = () => undefined): DocumentFragment {
  const fragment = JSDOM.fragment(html);
  for (const image of fragment.querySelectorAll("img")) {
    const address = image.getAttribute("src") ?? "";
    image.setAttribute("src", resolveImage(address) ?? address);
  }
  cleanChildren(fragment);
  return fragment;
}

/** What a fragment holds, as HTML. */
export function serialise(fragment: DocumentFragment): string {
  const holder = fragment.ownerDocument.createElement("div");
  holder.append(fragment);
  return holder.innerHTML;
}

function cleanChildren(parent: ParentNode & Node): void {
  for (const node of Array.from(parent.childNodes)) {
    if (node.nodeType === node.TEXT_NODE) continue;
    if (node.nodeType !== node.ELEMENT_NODE) node.remove();
    else cleanElement(node as Element);
  }
}

function cleanElement(element: Element): void {
  const { localName } = element;
  if (droppedElements.has(localName) || element.namespaceURI !== "http://www.w3.org/1999/xhtml") {
    element.remove();
    return;
  }
  cleanChildren(element);
  const allowed = allowedElements.get(localName);
  if (allowed === undefined) {
    element.replaceWith(...Array.from(element.childNodes));
    return;
  }
  if (localName === "a" && !element.id) element.id = element.getAttribute("name") ?? "";
  for (const { name, value } of Array.from(element.attributes)) {
    const safe =
      allowed.includes(name) || commonAttributes.includes(name) ? safeValue(name, value) : undefined;
    if (safe === undefined) element.removeAttribute(name);
    else element.setAttribute(name, safe);
  }
  if (localName === "img" && !element.hasAttribute("src")) replaceMissingImage(element);
}

/** The value that an allowed attribute may have, or undefined when it must go. */
function safeValue(name: string, value: string): string | undefined {
  switch (name) {
    case "href":
      return safeAddress(value);
    case "src":
      return isImageUri(value) ? value : undefined;
    case "id":
      return value === "" ? undefined : anchorId(value);
    case "style":
      return safeStyle(value);
    case "width":
    case "height":
    case "data-slot":
      return /^\d{1,5}$/.test(value) ? value : undefined;
    default:
      return value;
  }
}

/** What says something about a table's cell, and nothing that could cover the page or colour against its theme. */
const safeDeclaration =
  /^(?:text-align:(?:left|right|center)|white-space:nowrap|font-weight:(?:normal|bold))$/;

function safeStyle(style: string): string | undefined {
  const declarations = style.split(";").map((declaration) => declaration.replaceAll(/\s/g, "").toLowerCase());
  return declarations.filter((declaration) => safeDeclaration.test(declaration)).join(";") || undefined;
}

function safeAddress(address: string): string | undefined {
  if (address.startsWith("#")) return `#${anchorId(decode(address.slice(1)))}`;
  const base = "https://relative.invalid/";
  return URL.canParse(address, base) && safeSchemes.has(new URL(address, base).protocol)
    ? address
    : undefined;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The page carries its pictures itself; of one that lies elsewhere it shows the name. */
function replaceMissingImage(image: Element): void {
  image.replaceWith(`[picture: ${image.getAttribute("alt")?.trim() || "not in this file"}]`);
}
