/** What makes a notebook that was opened once run without a network. */

import { PageConfig } from "@jupyterlab/coreutils";

/** The cache of JupyterLite's own service worker, which answers from it. */
const pageCache = "precache";

/**
 * Starts the service worker that keeps the library's folder. Workers that begin after it are in its care; one that is being
 * loaded meanwhile might not be.
 *
 * @param library address of the library's folder, which ends in `/`
 * @returns undefined where the browser has no service workers for this page, as without HTTPS
 */
export async function startLibraryCache(library: string): Promise<ServiceWorker | undefined> {
  if (!("serviceWorker" in navigator) || !("caches" in globalThis)) return undefined;
  const registration = await navigator.serviceWorker
    .register(new URL("service-worker.js", library))
    .catch(() => navigator.serviceWorker.getRegistration(library));
  return registration && activated(registration);
}

/**
 * Has the browser keep the library's folder, what this page has loaded, and what it will need. Then the page's root element has
 * the attribute `data-offline`.
 *
 * @param cache of the library
 * @param library address of its folder, which ends in `/`
 * @param scripts addresses of what this page may load later
 * @param data what its notebook will read, as paths in the library's folder
 */
export async function keepForOffline(
  cache: ServiceWorker,
  library: string,
  scripts: readonly string[],
  data: readonly string[],
): Promise<void> {
  await staysRegistered();
  const page = await caches.open(pageCache);
  const loaded = performance
    .getEntriesByType("resource")
    .map(({ name }) => name)
    .filter((address) => address.startsWith(location.origin) && !address.startsWith(library));
  const [own] = location.href.split("#");
  await Promise.all([own!, ...loaded, ...scripts].map((address) => keep(page, address)));
  if (await keepsLibrary(cache, data)) document.documentElement.dataset["offline"] = "";
}

function keepsLibrary(cache: ServiceWorker, data: readonly string[]): Promise<boolean> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = ({ data: isKept }: MessageEvent<boolean>) => resolve(isKept);
    cache.postMessage(data, [port2]);
  });
}

/**
 * JupyterLite unregisters all service workers of a site where it has not noted its version, as at the second visit: then
 * a third without a network would find none. So its version is noted as it notes it.
 *
 * @see https://github.com/jupyterlite/jupyterlite/blob/v0.8.6/packages/apputils/src/service-worker-manager.ts
 */
async function staysRegistered(): Promise<void> {
  const { active } = await navigator.serviceWorker.ready;
  if (active) localStorage.setItem(`${active.scriptURL}-version`, PageConfig.getOption("appVersion"));
}

async function keep(cache: Cache, address: string): Promise<void> {
  if (!(await cache.match(address))) await cache.add(address).catch(() => undefined);
}

function activated({
  installing,
  waiting,
  active,
}: ServiceWorkerRegistration): Promise<ServiceWorker | undefined> {
  const worker = active ?? waiting ?? installing!;
  if (worker.state === "activated") return Promise.resolve(worker);
  return new Promise((resolve) => {
    worker.addEventListener("statechange", () => {
      if (worker.state === "activated") resolve(worker);
      if (worker.state === "redundant") resolve(undefined);
    });
  });
}
