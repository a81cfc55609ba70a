import { displayMessage } from "../display-message.js";
import type { MimeBundle } from "../mime.js";
import { plainText } from "../plain-text.js";

/**
 * For kernels that run in a page: what a cell's last value shows, without `show` being called. Tables, figures, values of
 * the library and those that display themselves show as `show` would show them, all others as `console.log` prints them.
 *
 * @returns undefined for `undefined` and `null`, which show nothing
 * @example await resultBundle([1, 2]) // { "text/plain": "[ 1, 2 ]" }
 */
export async function resultBundle(value: unknown): Promise<MimeBundle | undefined> {
  if (value === undefined || value === null) return undefined;
  const message = await displayMessage(value);
  return message?.data ?? { "text/plain": plainText(value) };
}
