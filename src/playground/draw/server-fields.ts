import { button, make } from "../dom/make.js";
import { serverAddress } from "../state/link.js";
import { sentenceOf } from "../workers/calls.js";

/** Who computes: this page, or a server by its address. */
export function serverFields(choose: (address: string | undefined) => void): {
  readonly element: HTMLElement;
  show(address: string | undefined): void;
} {
  const here = make("input", { type: "radio", name: "who", id: "who-page" });
  const there = make("input", { type: "radio", name: "who", id: "who-server" });
  const address = make("input", {
    ...{
      type: "url",
      id: "server",
      value: "http://localhost:8000",
      spellcheck: "false",
      autocomplete: "off",
    },
    "aria-describedby": "server-help server-refusal",
  });
  const refusal = make("p", { id: "server-refusal", class: "refusal", role: "alert" });
  const use = () => {
    refusal.textContent = "";
    try {
      choose(serverAddress(address.value));
    } catch (error) {
      refusal.textContent = sentenceOf(error);
    }
  };
  const connect = button("Use this server", use);
  const row = make("div", { class: "field" }, make("label", { for: "server" }, "Address"), address, connect);
  here.addEventListener("change", () => choose(undefined));
  there.addEventListener("change", () => {
    row.hidden = false;
    address.focus();
  });
  const help = make("p", { id: "server-help", class: "muted" });
  help.append(
    "A server of your own: ",
    make("code", {}, `he-ml serve --cors ${location.origin}`),
    ". Naming one reloads the page, which then may reach that address and no other.",
  );
  const choice = (input: HTMLElement, label: string) =>
    make("span", { class: "choice" }, input, make("label", { for: input.id }, label));
  const summary = make("summary");
  const details = make(
    "details",
    { class: "who-computes" },
    summary,
    make(
      "fieldset",
      {},
      make("legend", { class: "hidden" }, "Who computes"),
      choice(here, "a worker of this page"),
      choice(there, "a server"),
      row,
      help,
      refusal,
    ),
  );
  return {
    element: details,
    show(current) {
      summary.textContent = `Who computes: ${current ?? "a worker of this page"}`;
      if (current !== undefined) details.open = true;
      here.checked = current === undefined;
      there.checked = current !== undefined;
      row.hidden = current === undefined;
      if (current !== undefined) address.value = current;
    },
  };
}

/** Asks before a server is used that a link names, as somebody else may have made the link. */
export function consent(choose: (address: string | undefined) => void): {
  readonly element: HTMLElement;
  /** @param address the server to ask about; none to ask nothing */
  show(address: string | undefined): void;
} {
  const element = make("div", { class: "box warning", role: "alert", hidden: true });
  return {
    element,
    show(address) {
      element.hidden = address === undefined;
      if (address === undefined) return element.replaceChildren();
      element.replaceChildren(
        make("p", {}, "This link wants ", make("b", {}, address), " to compute."),
        make(
          "p",
          {},
          "It would get what you draw, encrypted, keys that compute and do not decrypt, and your computer's address. The key that decrypts stays here.",
        ),
        make(
          "div",
          { class: "buttons" },
          button("Let it compute", () => choose(address)),
          button("Compute in this page", () => choose(undefined)),
        ),
      );
    },
  };
}
