/** Lets each table scroll by itself where the screen is narrower than it, with the keyboard too. */
export function frameTables(content: DocumentFragment): void {
  for (const table of content.querySelectorAll("table")) {
    const frame = content.ownerDocument.createElement("div");
    frame.className = "table";
    frame.tabIndex = 0;
    frame.setAttribute("role", "group");
    frame.setAttribute("aria-label", table.caption?.textContent.trim() || "Table");
    table.replaceWith(frame);
    frame.append(table);
  }
}
