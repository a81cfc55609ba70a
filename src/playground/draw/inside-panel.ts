import { button, make } from "../dom/make.js";
import { sentenceOf } from "../workers/calls.js";
import type { InsideStage } from "./classify.js";
import { slotPictures } from "./slot-pictures.js";

/** A look into the slots of each stage, which only whoever has the key can have. */
export interface InsidePanel {
  readonly element: HTMLElement;
  /** Shows a stage by its number, 0 for the input, or is closed; a server on the net lets nobody look inside. */
  show(stage: number | undefined, isRemote: boolean): void;
  /** Looks anew, where it is open. */
  refresh(): Promise<void>;
}

/**
 * @param look gives the stages of the image that was classified last; undefined where there is none
 * @param choose called with the number of a stage, or undefined to close
 */
export function insidePanel(
  look: () => Promise<readonly InsideStage[]> | undefined,
  choose: (stage: number | undefined) => void,
): InsidePanel {
  let asked: number | undefined;
  let isReady = false;
  let turn = 0;
  let stages: readonly InsideStage[] = [];
  const toggle = button("Look inside", () => choose(asked === undefined ? 0 : undefined), {
    "aria-expanded": "false",
  });
  const status = make("p", { role: "status" });
  const tabs = make("div", { class: "stages", role: "group", "aria-label": "Stage to look into" });
  const pictures = make("div");
  const body = make(
    "div",
    { hidden: true },
    make(
      "p",
      { class: "muted" },
      "Local teaching mode: the evaluation worker runs once more, and hands what each stage leaves to the key worker, which opens it. No client of a real server gets these ciphertexts, nor should it.",
    ),
    status,
    tabs,
    pictures,
  );

  const draw = () => {
    const number = Math.min(asked ?? 0, stages.length - 1);
    tabs.replaceChildren(
      ...stages.map(({ name }, index) =>
        button(name, () => choose(index), { "aria-pressed": String(index === number) }),
      ),
    );
    pictures.replaceChildren(...(stages.length > 0 ? [slotPictures(stages[number])] : []));
  };

  const refresh = async () => {
    const own = ++turn;
    isReady = true;
    stages = [];
    if (asked === undefined) return;
    status.textContent = "Opening each stage …";
    try {
      const found = (await look()) ?? [];
      if (own !== turn) return;
      stages = found;
      status.textContent = stages.length > 0 ? "" : "Nothing is classified yet.";
    } catch (error) {
      if (own !== turn) return;
      status.textContent = sentenceOf(error);
    }
    draw();
  };

  return {
    element: make("div", { class: "inside" }, toggle, body),
    show(stage, isRemote) {
      const wasClosed = asked === undefined;
      asked = isRemote ? undefined : stage;
      toggle.hidden = isRemote;
      body.hidden = asked === undefined;
      toggle.setAttribute("aria-expanded", String(asked !== undefined));
      toggle.textContent = asked === undefined ? "Look inside" : "Close";
      if (asked === undefined || !isReady) return;
      if (wasClosed && stages.length === 0) void refresh();
      else draw();
    },
    refresh,
  };
}
