import { button, make } from "../dom/make.js";
import { bits, bytes, milliseconds, threeDigits } from "../dom/numbers.js";
import type { BenchState } from "../state/link.js";
import { sentenceOf } from "../workers/calls.js";
import type { Workers } from "../workers/start.js";
import { measureBench, type DoneStep, type Measured } from "./measure.js";
import {
  coefficientSlots,
  mostOperations,
  operations,
  shownSlots,
  type OperationLetter,
} from "./operations.js";
import { parametersForm } from "./parameters-form.js";
import { coefficientsPlot, errorPlot, residuesPlot, valuesPlot } from "./plots.js";
import { valuesForm } from "./values-form.js";

export interface BenchPage {
  readonly element: HTMLElement;
  show(state: BenchState): void;
}

/** How long a slider rests before what it says is computed, in milliseconds. */
const rest = 150;

/**
 * The bench: values become slots of a polynomial, are encrypted, and computed on, step by step.
 *
 * @param workers undefined where this browser cannot encrypt
 * @param change called with what is to be shown, and put into the link
 */
export function benchPage(workers: Workers | undefined, change: (state: BenchState) => void): BenchPage {
  let state: BenchState;
  let measured: Measured | undefined;
  let looked: number | undefined;
  let turn = 0;
  let waiting = 0;
  let before = Promise.resolve();

  const parameters = parametersForm((changed) => change({ ...state, ...changed }));
  const values = valuesForm((changed) => change({ ...state, values: changed }));
  const status = make("p", { role: "status", class: "bench-status" });
  const failure = make("p", { class: "box error", role: "alert", hidden: true });
  const steps = make("div", { class: "table" });
  const plots = make("div");

  /** The operations up to the last that was done: what was refused makes room for the next. */
  const doneOperations = () => {
    const asked = state.steps?.operations ?? [];
    return measured?.refused === undefined ? asked : asked.slice(0, -1);
  };
  const encode = button("encode", () => change({ ...state, steps: { isEncrypted: false, operations: [] } }));
  const encrypt = button("encrypt", () => change({ ...state, steps: { isEncrypted: true, operations: [] } }));
  const operate = (Object.keys(operations) as OperationLetter[]).map((letter) =>
    button(operations[letter].title, () =>
      change({ ...state, steps: { isEncrypted: true, operations: [...doneOperations(), letter] } }),
    ),
  );
  const back = button("Take the last step back", () => {
    const { isEncrypted, operations: asked } = state.steps!;
    const before =
      asked.length > 0
        ? { isEncrypted, operations: asked.slice(0, -1) }
        : isEncrypted
          ? { isEncrypted: false, operations: [] }
          : undefined;
    change({ ...state, steps: before });
  });

  const refuse = (sentence: string | undefined) => {
    failure.textContent = sentence ?? "";
    failure.hidden = sentence === undefined;
  };

  /** One after the other: what is not wanted any more when its turn comes is left out. */
  const run = () => {
    const own = ++turn;
    before = before.then(() => (own === turn ? compute(own) : undefined));
  };

  const compute = async (own: number) => {
    if (!workers) {
      status.textContent = "Nothing can be encrypted in this browser.";
      return;
    }
    status.textContent = "Computing …";
    try {
      const result = await measureBench(state, workers, () => own === turn);
      if (!result || own !== turn) return;
      measured = result;
      looked = undefined;
      parameters.showSecurity(result.checked);
      refuse(result.checked.refused ?? result.refused);
      const last = result.steps.at(-1);
      status.textContent = last
        ? `${result.steps.length} steps done; the last, ${last.name}, is off by at most ${threeDigits(last.error)}.`
        : result.checked.refused === undefined
          ? "Encode the values, then encrypt them."
          : "These parameters are refused.";
      const isUsable = result.checked.refused === undefined;
      encode.disabled = !isUsable;
      encrypt.disabled = !isUsable || !state.steps;
      const isFull = doneOperations().length >= mostOperations;
      for (const each of operate) each.disabled = !isUsable || isFull || !state.steps?.isEncrypted;
      back.disabled = !state.steps;
      await drawSteps(own);
    } catch (error) {
      if (own !== turn) return;
      status.textContent = "It was not computed.";
      refuse(sentenceOf(error));
    }
  };

  const drawSteps = async (own: number) => {
    const done = measured?.steps ?? [];
    const index = Math.min(looked ?? done.length - 1, done.length - 1);
    steps.replaceChildren(...(done.length > 0 ? [stepsTable(done, index, (chosen) => look(chosen))] : []));
    if (done.length === 0) {
      plots.replaceChildren();
      return;
    }
    const step = done[index];
    const coefficients = await workers!.plain.coefficients(step.slots, 2 ** step.scaleBits);
    if (own !== turn) return;
    plots.replaceChildren(
      make("div", { class: "plots" }, ...plotsOf(step, done, coefficients)),
      predictionNote(),
    );
  };
  const look = (chosen: number) => {
    looked = chosen;
    void drawSteps(turn);
  };

  return {
    element: make(
      "div",
      { class: "bench" },
      make("h1", {}, "CKKS bench: what happens to numbers under encryption"),
      make(
        "p",
        { class: "lead" },
        "Choose parameters, put values into the slots, and take one step after the other. All of it is real: SEAL computes in the evaluation worker, and the key worker opens each step for you to see.",
      ),
      parameters.security,
      make(
        "div",
        { class: "columns" },
        make(
          "section",
          { "aria-labelledby": "parameters-title" },
          make("h2", { id: "parameters-title" }, "Parameters"),
          parameters.element,
        ),
        make(
          "section",
          { "aria-labelledby": "values-title" },
          make("h2", { id: "values-title" }, "Values"),
          values.element,
        ),
      ),
      make(
        "section",
        { "aria-labelledby": "steps-title" },
        make("h2", { id: "steps-title" }, "Steps"),
        make(
          "div",
          { class: "buttons", role: "group", "aria-label": "Next step" },
          encode,
          encrypt,
          ...operate,
          back,
        ),
        status,
        failure,
        steps,
        plots,
      ),
    ),
    show(next) {
      state = next;
      measured = undefined;
      parameters.show(state);
      values.show(state.values);
      clearTimeout(waiting);
      waiting = window.setTimeout(run, rest);
    },
  };
}

function stepsTable(done: readonly DoneStep[], looked: number, look: (index: number) => void): HTMLElement {
  const titles = ["", "step", "largest error", "level", "scale", "polynomials", "size", "time"];
  const row = (step: DoneStep, index: number) => {
    const { name, says, level, scaleBits, size, bytes: taken, milliseconds: took, error } = step;
    const cells = [
      threeDigits(error),
      String(level),
      `2^${bits(scaleBits)}`,
      String(size),
      bytes(taken),
      took === undefined || took === 0 ? "" : milliseconds(took),
    ];
    return make(
      "tr",
      { class: index === looked ? "looked" : undefined },
      make("td", { class: "number" }, String(index)),
      make(
        "th",
        { scope: "row" },
        button(name, () => look(index), { class: "link", "aria-pressed": String(index === looked) }),
        make("span", { class: "muted" }, ` ${says}`),
      ),
      ...cells.map((text) => make("td", { class: "number" }, text)),
    );
  };
  return make(
    "table",
    { class: "steps" },
    make("caption", { class: "hidden" }, "Steps that were taken; a step's button shows its values"),
    make(
      "thead",
      {},
      make(
        "tr",
        {},
        ...titles.map((title, i) =>
          make(
            "th",
            { scope: "col", class: i === 1 ? undefined : "number" },
            title === "" ? make("span", { class: "hidden" }, "number") : title,
          ),
        ),
      ),
    ),
    make("tbody", {}, ...done.map(row)),
  );
}

function plotsOf(step: DoneStep, done: readonly DoneStep[], coefficients: readonly number[]): HTMLElement[] {
  const { name, slots, exact, size, residues } = step;
  const shown = (values: Float64Array) => [...values.subarray(0, shownSlots)];
  const opened = size === 1 ? "decoded" : "decrypted";
  const count = slots.length;
  const isWhole = count <= coefficientSlots;
  return [
    valuesPlot(
      `Slots behind “${name}”: exact (line) and ${opened} (dots), the first ${shownSlots} of ${count}`,
      [
        { name: "exact", values: shown(exact), kind: "exact" },
        { name: opened, values: shown(slots), kind: "decrypted" },
      ],
      "slot",
    ),
    coefficientsPlot(
      `The same as coefficients: the polynomial of degree ${2 * coefficientSlots - 1} with these values in its slots, times the scale, by he-ml/toy-ckks` +
        (isWhole ? "" : ` (a ring of its own, for the first ${coefficientSlots} slots: it goes to N = 1024)`),
      coefficients,
    ),
    ...(residues
      ? [
          residuesPlot(
            `What the server has: the first ${residues.length} numbers of the ciphertext, modulo the first prime. Without the key they are as good as random.`,
            residues,
          ),
        ]
      : []),
    errorPlot(
      done.map((each) => ({ name: each.name, measured: each.error, predicted: each.predictedError })),
    ),
  ];
}

const predictionNote = () =>
  make(
    "p",
    { class: "muted" },
    "Predicted is what noise theory expects of the largest of all slots, were they alike. After a relinearization or rotation by SEAL slot 0 is off by more than the others: half of that noise lies in it.",
  );
