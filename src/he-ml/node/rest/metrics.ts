import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Engine, EngineStatus } from "../../engine/engine.js";
import { EngineAwayError } from "../../engine/engine-types.js";

const seconds = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** What a server tells of itself at `/metrics`: how much, how fast; nothing of whose. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests = new Histogram({
    name: "he_ml_request_seconds",
    help: "Time from a request's headers to the end of its answer",
    labelNames: ["method", "route", "status"],
    buckets: seconds,
    registers: [this.#registry],
  });
  readonly #queue = this.#histogram("he_ml_queue_seconds", "Time that jobs waited");
  readonly #evaluate = this.#histogram("he_ml_evaluate_seconds", "Time that jobs took to compute");
  readonly #bytesIn = this.#counter("he_ml_received_bytes_total", "Bytes of bodies that came in");
  readonly #bytesOut = this.#counter("he_ml_sent_bytes_total", "Bytes of bodies that went out");

  constructor(engine: Engine) {
    const gauge = (name: string, help: string, labelNames: readonly string[] = []) =>
      new Gauge({ name, help, labelNames, registers: [this.#registry] });
    const reachable = gauge(
      "he_ml_engine_reachable",
      "Whether what keeps sessions and jobs can be reached: 1, or 0",
    );
    const workers = gauge("he_ml_workers", "Workers that compute for this server elsewhere");
    const queued = gauge("he_ml_queue_depth", "Jobs that wait");
    const running = gauge("he_ml_jobs_running", "Jobs that are being computed");
    const sessions = gauge("he_ml_sessions", "Sessions that are open");
    const stored = gauge("he_ml_stored_bytes", "Bytes kept, by kind", ["kind"]);
    const alive = gauge("he_ml_processes", "Processes that compute");
    const replaced = gauge("he_ml_processes_replaced", "Processes replaced since the start");
    this.text = async () => {
      const status = await statusOf(engine);
      reachable.set(status ? 1 : 0);
      if (!status) return this.#registry.metrics();
      workers.set(status.workers ?? 0);
      queued.set(status.queued);
      running.set(status.running);
      sessions.set(status.sessions);
      for (const [kind, bytes] of Object.entries(status.bytes)) stored.set({ kind }, bytes);
      alive.set(status.processes?.alive ?? 0);
      replaced.set(status.processes?.replaced ?? 0);
      return this.#registry.metrics();
    };
  }

  /** In Prometheus's text format. */
  readonly text: () => Promise<string>;

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** @param route its pattern, so that there are few */
  request(method: string, route: string, status: number, milliseconds: number, sentBytes: number): void {
    this.#requests.observe({ method, route, status }, milliseconds / 1000);
    this.#bytesOut.inc(sentBytes);
  }

  received(bytes: number): void {
    this.#bytesIn.inc(bytes);
  }

  job(queueMilliseconds: number, evaluateMilliseconds: number): void {
    this.#queue.observe(queueMilliseconds / 1000);
    this.#evaluate.observe(evaluateMilliseconds / 1000);
  }

  #histogram(name: string, help: string) {
    return new Histogram({ name, help, buckets: seconds, registers: [this.#registry] });
  }

  #counter(name: string, help: string) {
    return new Counter({ name, help, registers: [this.#registry] });
  }
}

/** @returns undefined while it cannot be reached: what the server counts itself is told all the same */
async function statusOf(engine: Engine): Promise<EngineStatus | undefined> {
  try {
    return await engine.status();
  } catch (error) {
    if (error instanceof EngineAwayError) return undefined;
    throw error;
  }
}
