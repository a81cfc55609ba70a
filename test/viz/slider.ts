import type { Slider } from "plotly.js-dist-min";
import type { Figure } from "../../src/viz/figure.js";

export function sliderOf({ layout }: Figure): Slider {
  const [slider] = layout.sliders as Slider[];
  return slider;
}

/** A figure after its slider was moved, as plotly's `update` makes it: dotted paths, one value a series, null to take away. */
export function moved(figure: Figure, step: number): Figure {
  const copy = structuredClone(figure) as { data: object[]; layout: { sliders: Slider[] } };
  const [ofSeries, ofLayout] = sliderOf(figure).steps![step].args as Record<string, unknown>[];
  for (const [path, values] of Object.entries(ofSeries)) {
    copy.data.forEach((series, index) => {
      put(series, path.split("."), (values as unknown[])[index]);
    });
  }
  for (const [path, value] of Object.entries(ofLayout)) put(copy.layout, path.split("."), value);
  copy.layout.sliders[0].active = step;
  return copy as unknown as Figure;
}

function put(holder: object, [key, ...rest]: readonly string[], value: unknown): void {
  const record = holder as Record<string, unknown>;
  if (rest.length > 0) put((record[key] ??= {}) as object, rest, value);
  else if (value === null) Reflect.deleteProperty(record, key);
  else record[key] = structuredClone(value);
}
