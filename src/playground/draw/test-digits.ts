import type { GreyImage } from "../state/grey-levels.js";

/** The ten test digits, which the build lays beside the page. */
export async function testDigits(): Promise<readonly GreyImage[]> {
  const response = await fetch(new URL("digits.json", document.baseURI));
  if (!response.ok) throw new Error(`digits.json cannot be fetched (${response.status})`);
  const rows = (await response.json()) as readonly string[];
  return rows.map((row) => Array.from(row, (digit) => parseInt(digit, 16)));
}
