import { make } from "../dom/make.js";
import { bytes, milliseconds } from "../dom/numbers.js";
import type { SentBody } from "../workers/messages.js";
import type { Classified, Phase } from "./classify.js";

const whoIs = { keys: "your key", evaluation: "server", network: "network" } as const;

function rowOf({ name, who, milliseconds: took, bytes: size }: Phase): HTMLElement {
  return make(
    "tr",
    {},
    make("th", { scope: "row" }, name),
    make("td", {}, make("span", { class: `who ${who}` }, whoIs[who])),
    make("td", { class: "number" }, milliseconds(took)),
    make("td", { class: "number" }, size === undefined ? "" : bytes(size)),
  );
}

/** What each phase took, and what it sent on: once before the first image, and for this one. */
export function phasesTable({ setup, phases }: Pick<Classified, "setup" | "phases">): HTMLElement {
  const body = (title: string, rows: readonly Phase[]) =>
    rows.length > 0 &&
    make(
      "tbody",
      {},
      make("tr", { class: "group" }, make("th", { colspan: 4, scope: "rowgroup" }, title)),
      ...rows.map(rowOf),
    );
  const titles = ["phase", "who has it", "time", "sends"];
  return make(
    "table",
    { class: "phases" },
    make("caption", { class: "hidden" }, "Times and sizes of each phase"),
    make(
      "thead",
      {},
      make(
        "tr",
        {},
        ...titles.map((title, i) => make("th", { scope: "col", class: i > 1 ? "number" : undefined }, title)),
      ),
    ),
    body("this image", phases),
    body("once, before the first image", setup),
  );
}

const perRow = 8;

function rowsOf(bytes: Uint8Array, start: number): string {
  return Array.from({ length: Math.ceil(bytes.length / perRow) }, (_, row) => {
    const part = Array.from(bytes.subarray(row * perRow, (row + 1) * perRow));
    const cells = part.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const letters = part.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : "·")).join("");
    return `${(start + row * perRow).toString(16).padStart(6, "0")}  ${cells.padEnd(3 * perRow)} ${letters}`;
  }).join("\n");
}

/** What left the client, in hexadecimal: its head, which says whose it is, and bytes of the ciphertext from its middle. */
export function hexadecimal({ method, url, length, head, middle }: SentBody): HTMLElement {
  const title = `${[method, url].filter(Boolean).join(" ")}: ${length.toLocaleString("en")} bytes. A head that says for which program, then the ciphertext.`;
  const isLong = length > 2 * head.length;
  return make(
    "figure",
    { class: "hexadecimal" },
    make("figcaption", {}, title),
    make(
      "pre",
      { tabindex: 0, role: "region", "aria-label": title },
      rowsOf(head, 0) + (isLong ? `\n…\n${rowsOf(middle, length >> 1)}` : ""),
    ),
  );
}
