import { inferred, lose, serve, serveInWorker } from "./threads.js";

const page = { serve, serveInWorker, lose, inferred };

/** What the tests of threads call. */
export type ThreadsPage = typeof page;

Object.assign(globalThis, { page });
