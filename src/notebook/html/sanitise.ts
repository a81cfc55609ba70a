import createPurifier, { type Config } from "dompurify";
import { JSDOM } from "jsdom";
import { isImageUri } from "./images.js";
import { anchorId, fragmentId } from "./slug.js";

/** Elements that may stay. Others give way to their content. */
const allowedElements = (
  "a abbr b bdi bdo big blockquote br caption center cite code col colgroup dd del details dfn div dl dt em " +
  "figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp small span strong sub summary sup " +
  "table tbody td tfoot th thead tr tt u ul var wbr"
).split(" ");

/** Elements whose content is code or is read otherwise than HTML: they go with all that they hold. */
const droppedElements = (
  "script style template noscript iframe frame frameset noframes noembed object embed applet svg math title " +
  "textarea select option xmp plaintext listing audio video canvas head"
).split(" ");

/** Slots are places for trusted HTML that `fillSlots` puts in later; a forged one can name nothing else. */
const commonAttributes = ["title", "dir", "lang", "style", "data-slot"];

/** Attributes that an element may keep beside the common ones. */
const ownAttributes: Readonly<Record<string, readonly string[]>> = {
  a: ["href", "id"],
  col: ["span"],
  details: ["open"],
  img: ["src", "alt", "width", "height"],
  li: ["value"],
  ol: ["start", "type", "reversed"],
  td: ["colspan", "rowspan"],
  th: ["colspan", "rowspan", "scope"],
};

const config = {
  ALLOWED_TAGS: allowedElements,
  FORBID_CONTENTS: droppedElements,
  ALLOWED_NAMESPACES: ["http://www.w3.org/1999/xhtml"],
  ALLOWED_ATTR: [],
  ADD_ATTR: (attribute: string, element: string) =>
    commonAttributes.includes(attribute) || (ownAttributes[element]?.includes(attribute) ?? false),
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  /** Links to the web, to someone, and to what has no scheme. */
  ALLOWED_URI_REGEXP: /^(?:(?:https?|mailto):|[^a-z]|[a-z][a-z0-9+.-]*(?:[^a-z0-9+.:-]|$))/i,
  RETURN_DOM_FRAGMENT: true,
} satisfies Config;

/** The picture that an address names within the notebook, if it names one. */
type ResolveImage = (address: string) => string | undefined;

const { window } = new JSDOM();

/** A table of 1,000 × 10 cells. Time grows up to the square of this, because jsdom numbers siblings again at each change. */
const mostTags = 20_000;

/**
 * Parses HTML of any origin and leaves of it what cannot run, load or restyle: an allow-list of elements and
 * attributes, which DOMPurify enforces. Nothing is fetched or executed on the way. In place of HTML with more than
 * 20,000 tags it leaves a note.
 */
export function sanitise(html: string, resolveImage: ResolveImage = () => undefined): DocumentFragment {
  const tags = html.split("<").length - 1;
  if (tags > mostTags) {
    return JSDOM.fragment(`[HTML of ${tags.toLocaleString("en-US")} tags, which is too large to show]`);
  }
  // Within a body, nothing at the beginning is taken for a part of the document's head.
  return purifierWith(resolveImage).sanitize(`<body>${html}`, config);
}

/** What a fragment holds, as HTML. */
export function serialise(fragment: DocumentFragment): string {
  const holder = fragment.ownerDocument.createElement("div");
  holder.append(fragment);
  return holder.innerHTML;
}

/** DOMPurify with what this page wants beyond lists: values of attributes, and pictures that are in the page. */
function purifierWith(resolveImage: ResolveImage) {
  const purifier = createPurifier(window);
  purifier.addHook("beforeSanitizeAttributes", (element) => {
    if (element.localName === "a" && !element.id) element.id = element.getAttribute("name") ?? "";
  });
  purifier.addHook("uponSanitizeAttribute", (_, attribute) => {
    const { attrName, attrValue } = attribute;
    const safe = safeValue(attrName, attrName === "src" ? (resolveImage(attrValue) ?? attrValue) : attrValue);
    attribute.attrValue = safe ?? "";
    attribute.keepAttr = safe !== undefined;
  });
  purifier.addHook("afterSanitizeAttributes", (element) => {
    if (element.localName === "img" && !element.hasAttribute("src")) replaceMissingImage(element);
  });
  return purifier;
}

/** The value that an allowed attribute may have, or undefined when it must go. */
function safeValue(name: string, value: string): string | undefined {
  switch (name) {
    case "href":
      return value.startsWith("#") ? `#${fragmentId(value.slice(1))}` : value;
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

/** The page carries its pictures itself; of one that lies elsewhere it shows the name. */
function replaceMissingImage(image: Element): void {
  image.replaceWith(`[picture: ${image.getAttribute("alt")?.trim() || "not in this file"}]`);
}
