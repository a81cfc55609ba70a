import { requireFinite, requireSome } from "../check.js";
import type { Figure } from "../figure.js";
import { palette, themed } from "../theme.js";

const operation = "errorHistogram";
/** Odd, so that errors around 0 are in one bar. */
const bars = 61;

/**
 * How errors are spread around 0, on a logarithmic axis, so that rare large ones show.
 *
 * @param errors decrypted minus plain, as `logitErrors` gives them
 * @throws InputError if there is none, or one is no finite number
 * @example errorHistogram(logitErrors(report))
 */
export function errorHistogram(errors: readonly number[]): Figure {
  requireSome(operation, "error", errors);
  requireFinite(operation, "errors", errors);
  const most = errors.reduce((largest, error) => Math.max(largest, Math.abs(error)), 0) || 1;
  const width = (2 * most) / bars;
  const counts = new Array<number>(bars).fill(0);
  for (const error of errors) counts[Math.min(bars - 1, Math.floor((error + most) / width))]++;
  return {
    data: [
      {
        type: "bar",
        x: counts.map((_, i) => -most + (i + 0.5) * width),
        y: counts.map((count) => (count === 0 ? null : count)),
        width,
        hovertemplate: "%{y} logits off by about %{x:.2g}<extra></extra>",
        marker: { color: palette.sky },
      },
    ],
    layout: themed({
      title: { text: "Errors of decrypted logits" },
      showlegend: false,
      bargap: 0,
      xaxis: { title: { text: "decrypted minus plain logit" } },
      yaxis: { type: "log", title: { text: "logits" }, rangemode: "tozero" },
    }),
  };
}
