export * from "./drawings.js";

export { accuracyReport, type MeasuredAccuracy } from "./accuracy/accuracy-report.js";
export { inferenceReport } from "./inference-report.js";
export { renderPng, renderSvg, type RenderPngOptions, type RenderSize } from "./render.js";
export { renderReport, type Report, type ReportFigure, type ReportTable } from "./report.js";
