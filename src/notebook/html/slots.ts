/** Trusted HTML that is put into a text after the text has been sanitised. */
export interface Slot {
  readonly html: string;
  /** What stands for it where only text can stand, such as a title. */
  readonly text: string;
}

/** The place of slot `index` in HTML that is still to be sanitised. */
export function slotPlace(element: "span" | "div", index: number): string {
  return `<${element} data-slot="${index}"></${element}>`;
}

/** Sanitised HTML with its slots filled. In sanitised HTML no text or attribute looks like a place. */
export function fillSlots(html: string, slots: readonly Slot[]): string {
  return html.replaceAll(
    /<(span|div) data-slot="(\d+)"><\/\1>/g,
    (_, __, index: string) => slots[Number(index)]?.html ?? "",
  );
}
