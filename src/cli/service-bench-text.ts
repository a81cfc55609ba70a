import Table from "cli-table3";
import type { ServiceBenchReport } from "../he-ml/node/bench-service.js";
import { percent } from "../viz/units.js";

/** What `he-ml bench --service` prints. */
export function serviceBenchText({ machine, service }: ServiceBenchReport): string {
  const table = new Table({
    head: ["model", "library", "service", "share", "p50", "p99", "processes", "all of them"],
    colAligns: ["left", ...new Array<"right">(7).fill("right")],
    style: { head: [], border: [], compact: true },
  });
  for (const { model, directPerSecond, servicePerSecond, share, milliseconds, allCores } of service) {
    table.push([
      model,
      `${directPerSecond.toFixed(1)} /s`,
      `${servicePerSecond.toFixed(1)} /s`,
      percent(share),
      `${milliseconds.p50.toFixed(0)} ms`,
      `${milliseconds.p99.toFixed(0)} ms`,
      allCores.processes,
      `${allCores.perSecond.toFixed(1)} /s`,
    ]);
  }
  const [{ requests, rounds, atOnce }] = service;
  return [
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, node-seal ${machine.seal}`,
    table.toString(),
    `requests encrypted beforehand, ${requests} a round, medians of ${rounds} rounds in turn: the library in one thread, the HTTP ` +
      `service on loopback with one process, ${atOnce} requests at once; then the service with a process for each core`,
  ].join("\n");
}
