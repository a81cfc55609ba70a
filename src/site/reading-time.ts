import { amountToRead } from "../notebook/html/index.js";
import type { Notebook } from "../notebook/runner/notebook-file.js";

/**
 * What adults read of English non-fiction in a minute, silently.
 *
 * @see Brysbaert, "How many words do we read per minute?", 2019, https://doi.org/10.1016/j.jml.2019.104047
 */
const wordsPerMinute = 238;

/** To skim it, as the instructor's guide reckons. */
const codeLinesPerMinute = 30;

/** Whole minutes, rounded up. */
export function minutesToRead(notebook: Notebook): number {
  const { words, codeLines } = amountToRead(notebook);
  return Math.ceil(words / wordsPerMinute + codeLines / codeLinesPerMinute);
}

/** How the minutes come about, as HTML for the front page. */
export const readingRule =
  `Minutes to read are words of text at ${wordsPerMinute} a minute ` +
  '(<a href="https://doi.org/10.1016/j.jml.2019.104047">Brysbaert, 2019</a>), a formula being one word, and lines of code at ' +
  `${codeLinesPerMinute} a minute, which is to skim, rounded up; to predict first, to study the code and to look at figures ` +
  'takes longer, as the <a href="lessons/INSTRUCTORS.html">instructor’s guide</a> reckons.';
