/**
 * The service worker of the library's folder: keeps its files, so that notebooks run without a network. All scripts that run in
 * workers lie in that folder. It is active at once, so that it has the workers from their first script on, and keeps files when a page asks
 * for it. It answers with files of one build only; a later build has another worker, which takes over when no page uses this one
 * any more.
 *
 * @see https://developer.mozilla.org/docs/Web/API/Service_Worker_API
 */
import type { LibraryFiles } from "../browser/library-files.js";

/** What this file uses of a service worker's global scope. */
interface ExtendableEvent {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
interface MessageEvent extends ExtendableEvent {
  /** Paths in the library's folder. */
  readonly data: readonly string[];
  /** Where the answer goes: whether all is kept. */
  readonly ports: readonly [MessagePort];
}
interface Scope {
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
  addEventListener(type: "activate", listener: (event: ExtendableEvent) => void): void;
  addEventListener(type: "fetch", listener: (event: FetchEvent) => void): void;
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
}

/** The build puts it in. */
declare const heMlLibraryFiles: LibraryFiles;

const scope = globalThis as unknown as Scope;
const { version, essential, further } = heMlLibraryFiles;
const prefix = `he-ml ${scope.registration.scope} `;
const name = prefix + version;

const known = new Set([...essential, ...further].map((path) => new URL(path, scope.registration.scope).href));

scope.addEventListener("activate", (event) => {
  // Not waited for: in Firefox it waits for each thread, also for one that waits for another, whose files would not come before.
  void scope.clients.claim();
  event.waitUntil(removeOlder());
});

scope.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  const [address] = url.split("#");
  if (method !== "GET" || !address!.startsWith(scope.registration.scope)) return;
  event.respondWith(known.has(address!) ? kept(address!) : notThere());
});

/** A page asks for all to be kept, and says what its notebook will read beside that. */
scope.addEventListener("message", (event) => {
  const {
    data,
    ports: [answer],
  } = event;
  const addresses = [...essential, ...data].map((path) => new URL(path, scope.registration.scope).href);
  const keeping = Promise.all(addresses.map(kept)).then(
    () => answer.postMessage(true),
    () => answer.postMessage(false),
  );
  event.waitUntil(keeping);
});

async function removeOlder(): Promise<void> {
  const older = (await caches.keys()).filter((each) => each.startsWith(prefix) && each !== name);
  await Promise.all(older.map((each) => caches.delete(each)));
}

async function kept(address: string): Promise<Response> {
  const cache = await caches.open(name);
  const found = await cache.match(address);
  if (found) return found;
  const response = await fetch(address);
  if (response.ok) await cache.put(address, response.clone());
  return response;
}

const notThere = async () => new Response("", { status: 404, statusText: "Not Found" });
