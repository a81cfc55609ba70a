import { stripVTControlCharacters } from "node:util";

/** What a terminal would show at the end: without colours, and of a line that was overwritten the last state. */
export function terminalText(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll("\r\n", "\n")
    .replaceAll(/^.*\r(?!\n|$)/gm, "")
    .replaceAll(/[^\P{Control}\n\t]/gu, "");
}
