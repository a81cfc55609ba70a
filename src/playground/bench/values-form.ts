import { button, make } from "../dom/make.js";
import { curveSteps } from "../state/grey-levels.js";
import { benchValues, readNumbers, type BenchState } from "../state/link.js";
import { shownSlots } from "./operations.js";

type Values = BenchState["values"];

const heightsOf = (height: (place: number) => number): Values => ({
  heights: Array.from({ length: shownSlots }, (_, i) =>
    Math.min(curveSteps, Math.max(0, Math.round((height(i / shownSlots) + 1) * 31.5))),
  ),
});

/** Curves for who draws none. */
const curves: Readonly<Record<string, Values>> = {
  wave: heightsOf((place) => 0.9 * Math.sin(place * 4 * Math.PI)),
  ramp: heightsOf((place) => 2 * place - 1),
  step: heightsOf((place) => (place < 0.5 ? 0.8 : -0.4)),
  peak: heightsOf((place) => Math.exp(-((place - 0.5) ** 2) * 80)),
};

export interface ValuesForm {
  readonly element: HTMLElement;
  show(values: Values): void;
}

const [width, height] = [320, 120];

/** What goes into the slots: a curve that is drawn, or numbers that are typed. */
export function valuesForm(change: (values: Values) => void): ValuesForm {
  let heights: number[] = [];
  const canvas = make("canvas", {
    class: "curve",
    ...{ width, height, role: "img" },
    "aria-label": "Curve of 64 values from −1 to 1: draw it, or take one of the buttons, or type numbers",
  });
  const numbers = make("input", {
    ...{ id: "numbers", type: "text", spellcheck: "false", autocomplete: "off" },
    placeholder: "1, 2.5, −3",
    "aria-describedby": "numbers-refusal",
  });
  const refusal = make("p", { id: "numbers-refusal", class: "refusal", role: "alert" });

  const draw = (values: readonly number[]) => {
    const context = canvas.getContext("2d")!;
    const style = getComputedStyle(canvas);
    context.clearRect(0, 0, width, height);
    context.strokeStyle = style.getPropertyValue("--line");
    context.strokeRect(0, height / 2, width, 0);
    context.fillStyle = style.getPropertyValue("--encrypted");
    const most = Math.max(1, ...values.map(Math.abs));
    values.forEach((value, i) => {
      const y = (1 - value / most) * (height / 2);
      context.fillRect(
        (i * width) / shownSlots,
        Math.min(y, height / 2),
        width / shownSlots - 1,
        Math.abs(y - height / 2),
      );
    });
  };
  let last: number | undefined;
  const placeOf = ({ clientX, clientY }: PointerEvent) => {
    const { left, top, width: wide, height: high } = canvas.getBoundingClientRect();
    const within = (value: number, most: number) => Math.min(most, Math.max(0, Math.floor(value)));
    return {
      slot: within(((clientX - left) / wide) * shownSlots, shownSlots - 1),
      value: within((1 - (clientY - top) / high) * (curveSteps + 1), curveSteps),
    };
  };
  const bend = (event: PointerEvent) => {
    const { slot, value } = placeOf(event);
    const from = last ?? slot;
    for (let i = Math.min(from, slot); i <= Math.max(from, slot); i++) heights[i] = value;
    last = slot;
    draw(benchValues({ heights }));
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    if (heights.length === 0) heights = new Array<number>(shownSlots).fill(32);
    bend(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (last !== undefined) bend(event);
  });
  for (const end of ["pointerup", "pointercancel"] as const) {
    canvas.addEventListener(end, () => {
      if (last === undefined) return;
      last = undefined;
      change({ heights: [...heights] });
    });
  }
  numbers.addEventListener("change", () => {
    const read = readNumbers(numbers.value);
    refusal.textContent = read
      ? ""
      : `Up to ${shownSlots} numbers, with commas between, none beyond a million.`;
    if (read) change({ numbers: read });
  });
  return {
    element: make(
      "div",
      { class: "values" },
      canvas,
      make(
        "div",
        { class: "buttons", role: "group", "aria-label": "Curves" },
        ...Object.entries(curves).map(([name, values]) => button(name, () => change(values))),
      ),
      make("div", { class: "field" }, make("label", { for: "numbers" }, "or numbers"), numbers),
      refusal,
    ),
    show(values) {
      heights = "heights" in values ? [...values.heights] : [];
      refusal.textContent = "";
      numbers.value = "numbers" in values ? values.numbers.join(", ") : "";
      draw(benchValues(values));
    },
  };
}
