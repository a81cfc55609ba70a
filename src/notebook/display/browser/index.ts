/** How values show in notebooks whose kernel runs in a page. */
export * from "../index.js";

export type { DisplayMessage, DisplayWriter } from "../kernel-output.js";
export { useDisplay } from "./display-writer.js";
export { resultBundle } from "./result-bundle.js";
