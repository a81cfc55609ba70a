/** What makes a notebook that was opened once run without a network. */

import { PageConfig } from "@jupyterlab/coreutils";

/** The cache of JupyterLite's own service worker, which answers from it. */
const pageCache = "precache";

/**
 * Has the browser keep the library's folder, what this page has loaded, and what it will need.
 *
 * @param library address of the library's folder, which ends in `/`
 * @param scripts addresses of what this page may load later
 * @param data what its notebook will read, as paths in the library's folder
 * @returns whether the scripts are kept, and the data begun with; false where the browser has no service workers for this page, as
 *   without HTTPS
 */
export async function keepForOffline(
  library: string,
  scripts: readonly string[],
  data: readonly string[],
): Promise<boolean> {
  if (!("serviceWorker" in navigator) || !("caches" in globalThis)) return false;
  const registration = await navigator.serviceWorker
    .register(new URL("service-worker.js", library))
    .catch(() => navigator.serviceWorker.getRegistration(library));
  if (!registration) return false;
  await staysRegistered();
  const cache = await caches.open(pageCache);
  const loaded = performance
    .getEntriesByType("resource")
    .map(({ name }) => name)
    .filter((address) => address.startsWith(location.origin) && !address.startsWith(library));
  const [page] = location.href.split("#");
  await Promise.all([page!, ...loaded, ...scripts].map((address) => keep(cache, address)));
  (await activated(registration)).postMessage(data);
  return true;
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

function activated({ installing, waiting, active }: ServiceWorkerRegistration): Promise<ServiceWorker> {
  const worker = active ?? waiting ?? installing!;
  if (worker.state === "activated") return Promise.resolve(worker);
  return new Promise((resolve, reject) => {
    worker.addEventListener("statechange", () => {
      if (worker.state === "activated") resolve(worker);
      if (worker.state === "redundant") reject(new Error("the library's files cannot be kept"));
    });
  });
}
