/** A module worker that answers about the types of cells, also while a cell runs in the kernel's own worker. */
import { createLanguage, type Language } from "./language.js";
import type { LanguageRequest, LanguageResponse } from "./language-messages.js";

/** What this file uses of a dedicated worker's global scope. */
interface Scope {
  addEventListener(type: "message", listener: (event: { data: LanguageRequest }) => void): void;
  postMessage(response: LanguageResponse): void;
}

const scope = globalThis as unknown as Scope;

/** With the declarations that lie beside this script. */
async function loadLanguage(): Promise<Language> {
  const address = new URL("types.json", import.meta.url);
  const response = await fetch(address);
  if (!response.ok) throw new Error(`types of cells: ${address.href}: HTTP status ${response.status}`);
  return createLanguage((await response.json()) as Record<string, string>);
}

const loading = loadLanguage();

function answerOf(language: Language, request: LanguageRequest) {
  switch (request.ask) {
    case "complete":
      return language.complete(request.code, request.cursor);
    case "inspect":
      return language.inspect(request.code, request.cursor, request.detail);
    case "isComplete":
      return language.isComplete(request.code);
    case "diagnostics":
      return language.diagnostics(request.code);
    case "cellRan":
      return language.cellRan(request.code);
  }
}

scope.addEventListener("message", ({ data: request }) => {
  const { id } = request;
  loading
    .then((language) => scope.postMessage({ id, answer: answerOf(language, request) ?? undefined }))
    .catch((error: unknown) => scope.postMessage({ id, error: String(error) }));
});
