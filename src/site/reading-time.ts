import { amountToRead } from "../notebook/html/index.js";
import type { Notebook } from "../notebook/runner/notebook-file.js";

/**
 * What adults read of English non-fiction in a minute, silently.
 *
 * @see Brysbaert, "How many words do we read per minute?", 2019, https://doi.org/10.1016/j.jml.2019.104047
 */
const wordsPerMinute = 238;

/**
 * What reviewers read of an application's code in an hour.
 *
 * @see Humphrey, "Managing the Software Process", 1989, as McConnell's "Code Complete", 2004, has it
 */
const codeLinesPerHour = 500;

/** Whole minutes, rounded up. */
export function minutesToRead(notebook: Notebook): number {
  const { words, codeLines } = amountToRead(notebook);
  return Math.ceil(words / wordsPerMinute + (codeLines / codeLinesPerHour) * 60);
}

/** How the minutes come about, as HTML. */
export const readingRule =
  `Minutes to read are words of text at ${wordsPerMinute} a minute ` +
  '(<a href="https://doi.org/10.1016/j.jml.2019.104047">Brysbaert, 2019</a>), a formula being one word, and lines of code at ' +
  `${codeLinesPerHour} an hour (Humphrey, 1989, after McConnell’s <cite>Code Complete</cite>, 2004), rounded up; outputs, and ` +
  "time to think and to try things out, come on top.";
