/**
 * Where a link leads.
 *
 * @param address as the text has it, such as `GLOSSARY.md#scale`; never one with a scheme, or within the page
 * @returns the address to write, or undefined if it leads nowhere: then the link's text stands without it
 */
export type LeadLink = (address: string) => string | undefined;

/** Leads the links of a text that has been parsed; what looks like a link in code is none. */
export function leadLinks(content: DocumentFragment, lead: LeadLink): void {
  for (const link of content.querySelectorAll<HTMLAnchorElement>("a[href]")) {
    const address = link.getAttribute("href")!;
    if (/^([a-z][a-z+.-]*:|#|$)/i.test(address)) continue;
    const target = lead(address);
    if (target === undefined) link.replaceWith(...Array.from(link.childNodes));
    else link.setAttribute("href", target);
  }
}
