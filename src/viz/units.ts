/** Two significant digits: more of an error tells nothing. */
export const errorText = (error: number) => error.toPrecision(2);
export const percent = (share: number) => `${Number((100 * share).toPrecision(2))} %`;
export const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(2)} s`;
export const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(2)} MB`;
/** @example formatCount(2, "image") // "2 images" */
export const formatCount = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;
