/** Figures and diagrams as plotly's JSON and as SVG: the same in Node and in a page. */
export { confusionMatrix } from "./accuracy/confusion-matrix.js";
export { errorHistogram } from "./accuracy/error-histogram.js";
export { accuracySteps, type ConversionAccuracy } from "./accuracy-steps.js";
export { babyGiantSteps, type BabyGiantSweep, type BabySize } from "./ckks/baby-giant-steps.js";
export {
  activationFits,
  type ActivationFit,
  type DrawnActivation,
  type FitStep,
} from "./ckks/activation-fits.js";
export { encodingError, type EncodingStep, type EncodingSweep } from "./ckks/encoding-error.js";
export { noiseHistogram, type NoiseStep } from "./ckks/noise-histogram.js";
export { polynomialBars, type PolynomialStep } from "./ckks/polynomial-bars.js";
export { rootsOfUnity, type SlotRoots } from "./ckks/roots-of-unity.js";
export { scaleAndModulus, type ScaleStep } from "./ckks/scale-and-modulus.js";
export { securityLimits, type SecurityPoint } from "./ckks/security-limits.js";
export { clientAndServer } from "./diagrams/client-and-server.js";
export { type Diagram } from "./diagrams/diagram.js";
export { gadget, type GadgetNumber } from "./diagrams/gadget.js";
export { keySwitch } from "./diagrams/key-switch.js";
export { slotRotation, type SlotRotation } from "./diagrams/slot-rotation.js";
export { digits, type DigitImage, type DigitsOptions } from "./digits.js";
export { errorPerLayer } from "./error-per-layer.js";
export { plainText, type Figure } from "./figure.js";
export { linePlot, type LinePlotAxis, type LinePlotOptions, type LineSeries } from "./line-plot.js";
export { errorOverScale } from "./parameters/error-over-scale.js";
export { paretoFront } from "./parameters/pareto-front.js";
export { sweepHeatMap, type SweepHeatMapOptions } from "./parameters/sweep-heat-map.js";
export { sweepTradeOffs } from "./parameters/sweep-trade-offs.js";
export { testedLayers } from "./parameters/tested-layers.js";
export { type SetNumber } from "./parameters/tested-sets.js";
export { planAgainstRun } from "./plan-against-run.js";
export { type Run, type Traces } from "./runs.js";
export { scalePerLayer } from "./scale-per-layer.js";
export { serviceBytes, type Travelling } from "./service/service-bytes.js";
export { serviceTimings, type TimedRequest } from "./service/service-timings.js";
export { withSlider, type SliderStep } from "./slider.js";
export { palette, seriesStyle, themed, type SeriesStyle } from "./theme.js";
export { timePerLayer } from "./time-per-layer.js";
