import type { Explanation } from "he-ml";
import { button, make } from "../dom/make.js";
import type { GreyImage } from "../state/grey-levels.js";
import { modelNames, type DrawState, type ModelName } from "../state/link.js";
import { sentenceOf } from "../workers/calls.js";
import { barsOf, verdict } from "./bars.js";
import { drawingBoard, thumbnail } from "./board.js";
import type { Classified, Classifier } from "./classify.js";
import { flowOf } from "./flow.js";
import { insidePanel } from "./inside-panel.js";
import { consent, serverFields } from "./server-fields.js";
import { hexadecimal, phasesTable } from "./tables.js";

const modelTitles: Readonly<Record<ModelName, string>> = {
  lenet1: "LeNet-1 (99.2 % of the test digits)",
  "mnist-small": "mnist-small (98.9 % of them, and faster)",
};

export interface DrawPage {
  readonly element: HTMLElement;
  /** @param isAllowed whether the server that the state names, if any, may be asked */
  show(state: DrawState, isAllowed: boolean): void;
  /** The image that is shown. */
  readonly image: GreyImage | undefined;
}

/**
 * The page on which a digit is drawn, encrypted, classified, and decrypted.
 *
 * @param digits the ten test digits
 * @param classifier undefined where this browser cannot encrypt
 * @param change called with what is to be shown, and put into the link
 * @param agree called with a state whose server whoever sits here has agreed to
 */
export function drawPage(
  digits: readonly GreyImage[],
  classifier: Classifier | undefined,
  change: (state: DrawState) => void,
  agree: (state: DrawState) => void,
): DrawPage {
  let state: DrawState;
  let isAllowed = true;
  let turn = 0;
  let shown: string | undefined;

  const board = drawingBoard((drawn) => change({ ...state, image: drawn && { drawn } }));
  const digitButtons = digits.map((image, digit) => {
    const element = button("", () => change({ ...state, image: { digit } }), {
      class: "digit",
      "aria-label": `Test digit ${digit}`,
    });
    element.append(thumbnail(image));
    return element;
  });
  const models = make(
    "select",
    { id: "model" },
    ...modelNames.map((name) => make("option", { value: name }, modelTitles[name])),
  );
  models.addEventListener("change", () => change({ ...state, model: models.value as ModelName }));

  const status = make("p", { class: "verdict", role: "status" });
  const failure = make("div", { class: "box error", role: "alert", hidden: true });
  const bars = make("div", { class: "bars-box" });
  const phases = make("div", { class: "table" });
  const sent = make("div");
  const flow = make("div");
  const inside = insidePanel(
    () => (state.image && state.server === undefined ? classifier?.inside() : undefined),
    (number) => change({ ...state, inside: number }),
  );
  const choose = (address: string | undefined) =>
    (address === undefined ? change : agree)({ ...state, server: address });
  const server = serverFields(choose);
  const question = consent(choose);

  function imageOf({ image }: DrawState): GreyImage | undefined {
    if (!image) return undefined;
    return "digit" in image ? digits[image.digit] : image.drawn;
  }

  const showResult = (result: Classified, explanation: Explanation | undefined) => {
    status.textContent = verdict(result.logits, result.plainLogits);
    bars.replaceChildren(barsOf(result.logits, result.plainLogits));
    phases.replaceChildren(
      phasesTable(result),
      make("p", { class: "muted" }, `Computed by ${result.evaluator}.`),
    );
    sent.replaceChildren(...result.sent.map(hexadecimal));
    flow.replaceChildren(flowOf(result.traces, explanation));
  };

  /** Classifies what is shown; what was begun for an earlier image is not shown any more. */
  const classify = async () => {
    const own = ++turn;
    const image = imageOf(state);
    failure.hidden = true;
    question.show(isAllowed ? undefined : state.server);
    if (!classifier) {
      status.textContent = "Nothing can be encrypted in this browser.";
      return;
    }
    if (!isAllowed) {
      status.textContent = "Nothing is sent before you agree.";
      return;
    }
    if (!image) {
      status.textContent = "Draw a digit, or take one of the ten.";
      for (const part of [bars, phases, sent, flow]) part.replaceChildren();
      return;
    }
    const { model, server: address } = state;
    bars.setAttribute("aria-busy", "true");
    status.textContent =
      address === undefined ? "Making keys, encrypting, computing …" : `Encrypting, and asking ${address} …`;
    try {
      const result =
        address === undefined
          ? await classifier.classify(model, image)
          : await classifier.classifyOn(address, model, image);
      if (own !== turn) return;
      showResult(result, undefined);
      if (address !== undefined) return;
      const explanation = await classifier.explain(model);
      if (own !== turn) return;
      flow.replaceChildren(flowOf(result.traces, explanation));
      await inside.refresh();
    } catch (error) {
      if (own !== turn) return;
      status.textContent = "It was not classified.";
      for (const part of [bars, phases, sent, flow]) part.replaceChildren();
      failure.replaceChildren(
        make("p", {}, sentenceOf(error)),
        button("Try again", () => void classify(), { class: "retry" }),
      );
      failure.hidden = false;
    } finally {
      if (own === turn) bars.removeAttribute("aria-busy");
    }
  };

  const element = make(
    "div",
    { class: "draw" },
    make("h1", {}, "Draw a digit: it is classified while it is encrypted"),
    make(
      "p",
      { class: "lead" },
      "The key is made in one worker of this page, and never leaves it. Another worker plays the server: it gets ciphertexts and evaluation keys, and computes a neural network on what it cannot read.",
    ),
    make(
      "div",
      { class: "columns" },
      make(
        "section",
        { "aria-labelledby": "draw-title" },
        make("h2", { id: "draw-title" }, "Digit"),
        board.element,
        make(
          "div",
          { class: "digits", role: "group", "aria-label": "Ten test digits of MNIST" },
          ...digitButtons,
        ),
        make("p", { class: "field" }, make("label", { for: "model" }, "Model"), models),
        server.element,
      ),
      make(
        "section",
        { "aria-labelledby": "answer-title" },
        make("h2", { id: "answer-title" }, "Answer, decrypted"),
        status,
        question.element,
        failure,
        bars,
      ),
    ),
    make(
      "div",
      { class: "columns" },
      make(
        "section",
        { "aria-labelledby": "phases-title" },
        make("h2", { id: "phases-title" }, "What it took"),
        phases,
      ),
      make(
        "section",
        { "aria-labelledby": "sent-title" },
        make("h2", { id: "sent-title" }, "What the server gets"),
        sent,
      ),
    ),
    make(
      "section",
      { "aria-labelledby": "flow-title" },
      make("h2", { id: "flow-title" }, "The program, stage by stage"),
      make(
        "p",
        {},
        "Every product raises the scale, every rescale divides it by a prime and uses up a level. Predicted before anything is encrypted, by what operations cost on a typical machine; measured here.",
      ),
      flow,
      inside.element,
    ),
  );

  return {
    element,
    show(next, mayAsk) {
      [state, isAllowed] = [next, mayAsk];
      models.value = state.model;
      const image = imageOf(state);
      board.show(image);
      digitButtons.forEach((each, digit) => {
        const isChosen = state.image !== undefined && "digit" in state.image && state.image.digit === digit;
        each.setAttribute("aria-pressed", String(isChosen));
      });
      server.show(state.server);
      inside.show(state.inside, state.server !== undefined);
      const asked = JSON.stringify([state.model, image, state.server, isAllowed]);
      if (asked === shown) return;
      shown = asked;
      void classify();
    },
    get image() {
      return imageOf(state);
    },
  };
}
