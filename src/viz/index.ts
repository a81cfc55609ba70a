export { digits, type DigitImage, type DigitsOptions } from "./digits.js";
export { errorPerLayer } from "./error-per-layer.js";
export { plainText, type Figure } from "./figure.js";
export { renderPng, renderSvg, type RenderPngOptions, type RenderSize } from "./render.js";
export { renderReport, type Report, type ReportFigure, type ReportTable } from "./report.js";
export { type Run, type Traces } from "./runs.js";
export { scalePerLayer } from "./scale-per-layer.js";
export { palette, seriesStyle, themed, type SeriesStyle } from "./theme.js";
export { timePerLayer } from "./time-per-layer.js";
