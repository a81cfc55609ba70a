import type { Row } from "./rows.mjs";

export function publishedRows(networks: readonly string[]): Row[];
