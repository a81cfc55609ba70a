/** `#inspect` of package.json's `imports` in Node; in a browser it is node-inspect-extracted, which has the same names. */
export { format, formatWithOptions, inspect } from "node:util";
