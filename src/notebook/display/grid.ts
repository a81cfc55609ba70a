/** A table before it is drawn, as HTML or as text. The first cell of a row names the row. */
export interface Grid {
  readonly caption: string;
  /** Headings of the columns; a list of facts has none. */
  readonly head?: readonly string[];
  /** Of equal lengths. */
  readonly rows: readonly (readonly string[])[];
  /** Positions of the columns that hold numbers, from 0. */
  readonly rightAligned?: readonly number[];
}

/** One column of a table of records. */
export interface Column<T> {
  readonly head: string;
  readonly cell: (record: T, position: number) => string;
  readonly rightAligned?: boolean;
}

/** What is known of one thing: a name, a value, and where it helps what the value means. */
export type Fact = readonly [name: string, value: string, meaning?: string];

export function factsGrid(caption: string, facts: readonly Fact[]): Grid {
  const explained = facts.some(([, , meaning]) => meaning !== undefined);
  return {
    caption,
    rows: facts.map(([name, value, meaning = ""]) => (explained ? [name, value, meaning] : [name, value])),
  };
}

export function recordsGrid<T>(caption: string, columns: readonly Column<T>[], records: readonly T[]): Grid {
  return {
    caption,
    head: columns.map(({ head }) => head),
    rows: records.map((record, position) => columns.map(({ cell }) => cell(record, position))),
    rightAligned: columns.flatMap(({ rightAligned }, index) => (rightAligned ? [index] : [])),
  };
}

const longestCell = 300;

/**
 * Names come from model files, and so from anywhere: characters that move the cursor, colour a terminal or turn the
 * writing direction are replaced, line breaks become spaces, and endless text is cut.
 */
export function printable(text: string): string {
  const safe = text
    .replace(/\s+/g, " ")
    .replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "\ufffd");
  return safe.length > longestCell ? `${safe.slice(0, longestCell)}…` : safe;
}
