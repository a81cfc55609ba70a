export interface Row {
  readonly peer?: string;
  readonly name: string;
  readonly network: string;
  readonly status: "measured" | "failed" | "published";
  readonly reason?: string;
  readonly images?: number;
  readonly agrees?: number;
  readonly accuracy?: number;
  readonly maxAbsError?: number;
  readonly milliseconds?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly timesOurs?: Readonly<Record<string, number>>;
}
export function median(numbers: readonly number[]): number;
export function rowOf(
  peer: { readonly id: string; readonly name: string; readonly licence: string },
  network: string,
  threads: number,
  answers: readonly object[],
  images: { readonly labels: readonly number[]; readonly plainLogits: readonly (readonly number[])[] },
): Row;
export function withRatios(rows: readonly Row[], reference: string): Row[];
