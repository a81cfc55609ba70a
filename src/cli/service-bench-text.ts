import Table from "cli-table3";
import type { ServiceBenchReport } from "../he-ml/node/bench-service.js";
import { percent } from "../viz/units.js";

/** What `he-ml bench --service` prints. */
export function serviceBenchText({ machine, service }: ServiceBenchReport): string {
  const table = new Table({
    head: ["model", "processes", "threads", "library", "service", "share", "at once", "p50", "p99"],
    colAligns: ["left", ...new Array<"right">(8).fill("right")],
    style: { head: [], border: [], compact: true },
  });
  for (const { model, oneProcess, asUsual } of service) {
    for (const compared of [oneProcess, asUsual]) {
      const { processes, threads, atOnce, directPerSecond, servicePerSecond, share, milliseconds } = compared;
      table.push([
        ...[
          model,
          processes,
          threads,
          `${directPerSecond.toFixed(1)} /s`,
          `${servicePerSecond.toFixed(1)} /s`,
        ],
        ...[percent(share), atOnce, `${milliseconds.p50.toFixed(0)} ms`, `${milliseconds.p99.toFixed(0)} ms`],
      ]);
    }
  }
  const [{ requests, rounds }] = service;
  return [
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, node-seal ${machine.seal}`,
    table.toString(),
    `requests encrypted beforehand, ${requests} a round, medians of ${rounds} rounds in turn: the library, one request after the other, with so ` +
      `many threads (0: the calling one), and the HTTP service on loopback with so many processes`,
  ].join("\n");
}
