import { benchPage } from "./bench/bench-page.js";
import { abilities } from "./dom/abilities.js";
import { byId } from "./dom/make.js";
import { narrowConnections } from "./dom/policy.js";
import { tellMissing } from "./dom/tell-missing.js";
import { Classifier } from "./draw/classify.js";
import { drawPage } from "./draw/draw-page.js";
import { testDigits } from "./draw/test-digits.js";
import { benchCode, drawCode } from "./share/as-typescript.js";
import { shareBar } from "./share/share-bar.js";
import { linkOf, readLink, startOfBench, startOfDraw, type State } from "./state/link.js";
import { sentenceOf } from "./workers/calls.js";
import { startWorkers } from "./workers/start.js";

const serverOf = (state: State) => (state.page === "draw" ? state.server : undefined);

/** What the address says; where it is no link of ours, the start of the page it names, and why. */
function opened(): { readonly state: State; readonly refusal?: string } {
  try {
    return { state: readLink(location.hash) };
  } catch (error) {
    const state = location.hash.startsWith("#bench") ? startOfBench : startOfDraw;
    return { state, refusal: sentenceOf(error) };
  }
}

const first = opened();

/**
 * The server that may be asked: the one that the link names, if whoever sits here has agreed to it. That is kept with the page's
 * place in the browser's history, which outlives a reload and which no link can write.
 */
const allowedOrigin = (() => {
  const server = serverOf(first.state);
  const agreed = (history.state as { readonly agreed?: unknown } | null)?.agreed;
  return server !== undefined && new URL(server).origin === agreed ? agreed : undefined;
})();
narrowConnections(allowedOrigin);

const able = abilities();
const workers = startWorkers();
const classifier = able.hasExceptions
  ? new Classifier(workers, able.hasRelaxedSimd ? "kernel" : "seal")
  : undefined;
// While the page is still being drawn, and the digits are fetched.
if (first.state.page === "draw" && first.state.server === undefined) {
  void classifier?.prepare(first.state.model).catch(() => undefined);
}

const digits = await testDigits();
let state: State = first.state;

const isAllowed = (server: string | undefined): boolean =>
  server === undefined || new URL(server).origin === allowedOrigin;

const putIntoAddress = (agreed: string | undefined) => history.replaceState({ agreed }, "", linkOf(state));

/** Shows a state, and puts it into the address. */
function change(next: State): void {
  state = next;
  refuse(undefined);
  putIntoAddress(allowedOrigin);
  show();
}

/** The same where its server may be asked from now on. What the page may reach is settled when it is opened: so it is, again. */
function agree(next: State): void {
  const server = serverOf(next)!;
  if (isAllowed(server)) return change(next);
  state = next;
  putIntoAddress(new URL(server).origin);
  location.reload();
}

function refuse(sentence: string | undefined): void {
  const place = byId("refusal");
  place.textContent = sentence ?? "";
  place.hidden = sentence === undefined;
}

const draw = drawPage(digits, classifier, change, agree);
const bench = benchPage(able.hasExceptions ? workers : undefined, change);

function show(): void {
  const page = state.page === "draw" ? draw : bench;
  if (byId("page").firstElementChild !== page.element) byId("page").replaceChildren(page.element);
  if (state.page === "draw") draw.show(state, isAllowed(state.server));
  else bench.show(state);
  for (const name of ["draw", "bench"] as const) {
    const link = byId<HTMLAnchorElement>(`to-${name}`);
    if (name === state.page) {
      link.setAttribute("aria-current", "page");
      // Whoever comes back finds what was left.
      link.href = linkOf(state);
    } else link.removeAttribute("aria-current");
  }
}

tellMissing(able);

shareBar(() => {
  if (state.page === "bench") return { title: "The CKKS bench", code: benchCode(state) };
  return { title: "A digit, encrypted", code: draw.image && drawCode(state, draw.image) };
});

// Not as an address, which is the page's state.
document.querySelector(".skip")!.addEventListener("click", (event) => {
  event.preventDefault();
  byId("main").focus();
});

addEventListener("hashchange", () => {
  const { state: next, refusal } = opened();
  state = next;
  refuse(refusal);
  show();
});
refuse(first.refusal);
show();
document.documentElement.dataset.ready = "yes";
