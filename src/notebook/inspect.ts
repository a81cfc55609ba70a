/** Any value as text: `#inspect` of package.json's `imports` in Node. In a browser it is a package that has Node's own code. */
export { inspect } from "node:util";
