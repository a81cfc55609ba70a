import { make } from "../dom/make.js";
import { threeDigits } from "../dom/numbers.js";

const largest = (values: readonly number[]) => Math.max(...values.map(Math.abs));
export const argmax = (values: readonly number[]): number => values.indexOf(Math.max(...values));

/** Ten logits, decrypted beside plain: a table whose rows have two bars each. */
export function barsOf(logits: readonly number[], plainLogits: readonly number[]): HTMLElement {
  const most = Math.max(largest(logits), largest(plainLogits), 1e-9);
  const least = Math.min(0, ...logits, ...plainLogits) / most;
  const span = 1 - least;
  const bar = (value: number, kind: string) => {
    const element = make("span", { class: `bar ${kind}` });
    const share = value / most;
    element.style.left = `${((Math.min(0, share) - least) / span) * 100}%`;
    element.style.width = `${(Math.abs(share) / span) * 100}%`;
    return element;
  };
  const predicted = argmax(logits);
  const rows = logits.map((logit, digit) =>
    make(
      "tr",
      { class: digit === predicted ? "predicted" : undefined },
      make("th", { scope: "row" }, String(digit)),
      make(
        "td",
        { class: "bars" },
        make(
          "div",
          { class: "track", "aria-hidden": "true" },
          bar(logit, "encrypted"),
          bar(plainLogits[digit], "plain"),
        ),
      ),
      make("td", { class: "number" }, threeDigits(logit)),
      make("td", { class: "number" }, threeDigits(plainLogits[digit])),
    ),
  );
  const head = ["digit", "", "encrypted", "plain"].map((title, column) =>
    make(
      "th",
      { scope: "col", class: column > 1 ? `number key ${title}` : undefined },
      column === 1 ? make("span", { class: "hidden" }, "bars") : title,
    ),
  );
  return make(
    "table",
    { class: "logits" },
    make("caption", { class: "hidden" }, "What the model gives each digit, decrypted and plain"),
    make("thead", {}, make("tr", {}, ...head)),
    make("tbody", {}, ...rows),
  );
}

/** What there is to say of them, in a sentence for everyone. */
export function verdict(logits: readonly number[], plainLogits: readonly number[]): string {
  const [predicted, plain] = [argmax(logits), argmax(plainLogits)];
  const difference = largest(logits.map((logit, digit) => logit - plainLogits[digit]));
  return (
    `It is a ${predicted}, computed without seeing it. The plain model says ${plain}; the largest difference is ` +
    `${threeDigits(difference)} on values up to ${threeDigits(largest(plainLogits))}.`
  );
}
