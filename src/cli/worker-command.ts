import { Command } from "commander";
import { requirePackages } from "../he-ml/node/optional-packages.js";
import { wholeNumber } from "./arguments.js";
import type { CommandIo } from "./command-io.js";
import { stopped } from "./serve-command.js";

interface WorkerCommandOptions {
  readonly redis: string;
  readonly config?: string;
  readonly processes?: number;
  readonly json?: boolean;
}

/** `he-ml worker`: computes for servers. */
export function workerCommand(io: CommandIo): Command {
  return new Command("worker")
    .description("compute for any number of he-ml serve --redis with the same Redis")
    .requiredOption("--redis <url>", "where jobs come from, as redis://127.0.0.1:6379")
    .option("--processes <n>", "processes that compute (default: one a core, at most 4)", wholeNumber(1, 256))
    .option("--config <file>", "the servers' file, for its limits of what is computed and kept")
    .option("--json", "print that it is ready as JSON")
    .action((options: WorkerCommandOptions) => work(options, io));
}

async function work(
  { redis: url, processes: wanted, config, json }: WorkerCommandOptions,
  { stdout, stderr, signal }: CommandIo,
): Promise<void> {
  requirePackages("redis");
  const [{ startRedisWorker }, { readConfig }] = await Promise.all([
    import("../he-ml/node/engine/redis/start-redis.js"),
    import("../he-ml/node/rest/config.js"),
  ]);
  const worker = await startRedisWorker({
    ...(config !== undefined && (await readConfig(config)).engine),
    ...(wanted !== undefined && { processes: wanted }),
    url,
    report: (line) => stderr.write(`he-ml: worker: ${line}\n`),
  });
  const { redis, processes } = worker;
  stdout.write(
    json
      ? `${JSON.stringify({ redis, processes })}\n`
      : `Working for ${redis} with ${processes} ${processes === 1 ? "process" : "processes"}\n`,
  );
  await stopped(signal);
  await worker.close();
}
