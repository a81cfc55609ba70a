/** Figures and diagrams for notebooks whose kernel runs in a page. */
export * from "../drawings.js";

export { accuracyReport, inferenceReport, renderPng, renderReport, renderSvg } from "./refused.js";
export type {
  MeasuredAccuracy,
  RenderPngOptions,
  RenderSize,
  Report,
  ReportFigure,
  ReportTable,
} from "../index.js";
