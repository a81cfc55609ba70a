import type { Explanation, LayerTrace } from "he-ml";
import { make } from "../dom/make.js";
import { bits, milliseconds } from "../dom/numbers.js";

/** A bar of which a part is filled; the text beside it says the same. */
function meter(label: string, text: string, share: number): HTMLElement {
  const fill = make("span", { class: "fill" });
  fill.style.width = `${Math.min(1, share) * 100}%`;
  return make(
    "div",
    { class: "meter" },
    make("span", { class: "meter-label" }, label),
    make("span", { class: "meter-bar", "aria-hidden": "true" }, fill),
    make("span", { class: "meter-text" }, text),
  );
}

interface Standing {
  readonly level: number;
  readonly scaleBits: number;
  readonly modulusBits: number;
}

/** Level, scale and modulus of a ciphertext: what is left, of what there was at the beginning. */
function standing({ level, scaleBits, modulusBits }: Standing, first: Standing): HTMLElement {
  return make(
    "div",
    { class: "standing" },
    meter("level", `${level} of ${first.level}`, level / first.level),
    meter("modulus", `${bits(modulusBits)} bits`, modulusBits / first.modulusBits),
    meter("scale", `2^${bits(scaleBits)}`, scaleBits / first.modulusBits),
  );
}

/** A program as it was run: each stage with where its ciphertext stands, predicted beside measured where that is known. */
export function flowOf(traces: readonly LayerTrace[], explanation: Explanation | undefined): HTMLElement {
  if (traces.length === 0) return make("p", {}, "The server tells of no stage.");
  const first = traces[0].before;
  const input = make(
    "li",
    { class: "stage" },
    make("h4", {}, "input, freshly encrypted"),
    standing(first, first),
  );
  const stages = traces.map((trace, index) => {
    const told = explanation?.stages[index];
    const fact = (name: string, predicted: string | undefined, measured: string) =>
      make(
        "tr",
        {},
        make("th", { scope: "row" }, name),
        make("td", { class: "number" }, predicted ?? "–"),
        make("td", { class: "number" }, measured),
      );
    return make(
      "li",
      { class: "stage" },
      make("h4", {}, trace.name),
      standing(trace.after, first),
      make(
        "table",
        { class: "facts" },
        make("caption", { class: "hidden" }, `Stage ${trace.name}, predicted and measured`),
        make(
          "thead",
          {},
          make(
            "tr",
            {},
            make("th", { scope: "col" }, make("span", { class: "hidden" }, "what")),
            make("th", { scope: "col", class: "number" }, "predicted"),
            make("th", { scope: "col", class: "number" }, "measured"),
          ),
        ),
        make(
          "tbody",
          {},
          fact("rotations", told && String(told.ops.rotate), String(trace.ops.rotate)),
          fact("plain products", told && String(told.ops.multiplyPlain), String(trace.ops.multiplyPlain)),
          fact("time", told && milliseconds(told.predictedMilliseconds), milliseconds(trace.milliseconds)),
        ),
      ),
    );
  });
  return make("ol", { class: "flow" }, input, ...stages);
}
