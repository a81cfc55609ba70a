import type { Row } from "./rows.mjs";

export function markdownTable(rows: readonly Row[]): string;
export function csvTable(rows: readonly Row[]): string;
