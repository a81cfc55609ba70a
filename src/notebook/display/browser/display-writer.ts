import type { DisplayWriter } from "../kernel-output.js";

let current: DisplayWriter | undefined;

/**
 * For kernels that run in a page: where `show` sends its messages from now on. A kernel calls it before each cell with a
 * writer that belongs to that cell: what a cell still draws after its end goes to the writer that it began with.
 *
 * @example useDisplay((message) => publish("display_data", message));
 */
export function useDisplay(write: DisplayWriter): void {
  current = write;
}

/**
 * The writer of the cell that is running: `#display-writer` of package.json's `imports` in a browser.
 *
 * @returns undefined before a kernel gave one
 */
export function currentDisplayWriter(): DisplayWriter | undefined {
  return current;
}
