import { button, make } from "../dom/make.js";
import type { BenchState } from "../state/link.js";
import type { CheckedParameters } from "../workers/messages.js";

const mostPrimes = 8;
const [leastLog, mostLog] = [10, 14];

type Parameters = Pick<BenchState, "polyModulusDegree" | "coeffModulusBits" | "scaleBits" | "isTeaching">;

export interface ParametersForm {
  readonly element: HTMLElement;
  /** What security the parameters have; it stays in sight. */
  readonly security: HTMLElement;
  show(parameters: Parameters): void;
  /** Says what security they have. */
  showSecurity(checked: CheckedParameters): void;
}

interface Slider {
  readonly element: HTMLElement;
  readonly input: HTMLInputElement;
  show(value: number, says: string): void;
}

/** A slider with its name before it and its value behind. */
function slider(
  id: string,
  name: string,
  [min, max]: readonly [number, number],
  onInput: (value: number) => void,
  ...beside: readonly Node[]
): Slider {
  const input = make("input", { type: "range", ...{ id, min, max, step: 1 } });
  const output = make("output", { for: id });
  input.addEventListener("input", () => onInput(Number(input.value)));
  return {
    element: make("div", { class: "slider" }, make("label", { for: id }, name), input, output, ...beside),
    input,
    show(value, says) {
      input.value = String(value);
      input.setAttribute("aria-valuetext", says);
      output.textContent = says;
    },
  };
}

/** Sliders for degree, chain and scale, with the security of what they say always in sight. */
export function parametersForm(change: (parameters: Partial<Parameters>) => void): ParametersForm {
  let bitsOf: readonly number[] = [];
  const degree = slider("degree", "degree N", [leastLog, mostLog], (log) =>
    change({ polyModulusDegree: 2 ** log }),
  );
  const scale = slider("scale", "scale", [8, 60], (scaleBits) => change({ scaleBits }));
  const chain = make("div", { role: "group", "aria-label": "Chain of primes" });
  const primes: Slider[] = [];
  const withPrime = (index: number, ...put: number[]) => bitsOf.toSpliced(index, 1, ...put);
  const add = button("Add a level", () =>
    change({ coeffModulusBits: withPrime(bitsOf.length - 1, 30, bitsOf.at(-1)!) }),
  );
  const teaching = make("input", { type: "checkbox", id: "teaching" });
  teaching.addEventListener("change", () => change({ isTeaching: teaching.checked }));

  const nameOf = (index: number) => (index === bitsOf.length - 1 ? "special prime" : `prime ${index + 1}`);
  const primeSlider = (index: number): Slider =>
    slider(
      `prime-${index}`,
      nameOf(index),
      [20, 60],
      (bits) => change({ coeffModulusBits: withPrime(index, bits) }),
      button("✕", () => change({ coeffModulusBits: withPrime(index) }), {
        "aria-label": `Remove prime ${index + 1}`,
      }),
    );
  const showChain = () => {
    if (primes.length !== bitsOf.length) {
      primes.splice(0, primes.length, ...bitsOf.map((_, index) => primeSlider(index)));
      chain.replaceChildren(...primes.map(({ element }) => element));
    }
    primes.forEach((each, index) => {
      each.show(bitsOf[index], `${bitsOf[index]} bits`);
      each.element.querySelector("button")!.hidden = bitsOf.length <= 2 || index === bitsOf.length - 1;
    });
    add.disabled = bitsOf.length >= mostPrimes;
  };

  const securityText = make("p", { class: "security-text", role: "status" });
  const fill = make("span", { class: "fill" });
  const security = make(
    "div",
    { class: "security" },
    securityText,
    make("span", { class: "meter-bar", "aria-hidden": "true" }, fill),
  );

  return {
    security,
    element: make(
      "div",
      { class: "parameters" },
      degree.element,
      chain,
      make("p", { class: "buttons" }, add),
      scale.element,
      make(
        "p",
        { class: "choice" },
        teaching,
        make("label", { for: "teaching" }, "teaching mode: whatever the security, and nothing real in it"),
      ),
    ),
    show({ polyModulusDegree, coeffModulusBits, scaleBits, isTeaching }) {
      bitsOf = coeffModulusBits;
      degree.show(Math.log2(polyModulusDegree), `${polyModulusDegree}: ${polyModulusDegree / 2} slots`);
      scale.show(scaleBits, `2^${scaleBits}`);
      showChain();
      teaching.checked = isTeaching;
    },
    showSecurity({ totalBits, allowedBits, security: level }) {
      const isSecure = level !== undefined;
      security.className = isSecure ? "security" : "security none";
      const name = isSecure
        ? `${level}-bit security`
        : teaching.checked
          ? "NO security (teaching mode)"
          : "Below 128-bit security";
      securityText.textContent = `${name}: primes of ${totalBits} bits; ${allowedBits} are allowed for 128`;
      fill.style.width = `${Math.min(1, totalBits / Math.max(1, allowedBits)) * 100}%`;
    },
  };
}
