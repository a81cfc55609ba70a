import * as z from "zod";
import { InputError } from "../../errors.js";
import { checkConfig, type ServeConfig } from "../../rest/config.js";
import type { LogSink } from "../../rest/log.js";

const optionsSchema = z.strictObject({
  config: z.unknown().default({}),
  processes: z.int().min(1).max(256).optional(),
  log: z
    .custom<LogSink>((log) => typeof (log as Partial<LogSink>).write === "function", {
      error: "expected something to write to",
    })
    .optional(),
});

/** Of Node's `serve`. */
const optionsOfNode = ["host", "port", "tokens", "tls", "cors", "redis"];
/** Of the configuration: about sockets, and about memory, which a page cannot see. */
const settingsOfNode: readonly (readonly [string, string])[] = [
  ["limits", "headerSeconds"],
  ["limits", "sendSeconds"],
  ["limits", "mostConnections"],
  ["engine", "jobBytes"],
];

const field = (value: unknown, name: string) =>
  (value as Readonly<Record<string, unknown>> | undefined)?.[name];

/** What a service in a page is started with. */
export interface PageServeSettings {
  readonly config: ServeConfig & { readonly models: NonNullable<ServeConfig["models"]> };
  readonly processes?: number;
  readonly log?: LogSink;
}

/** @throws InputError naming the field that is missing, unknown or out of range, or that only a server in Node could heed */
export function checkOptions(options: unknown): PageServeSettings {
  const ofNode = optionsOfNode.find((name) => field(options, name) !== undefined);
  if (ofNode !== undefined) throw inNodeOnly(`options: ${ofNode}`);
  const parsed = optionsSchema.safeParse(options);
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues;
    throw new InputError(`serve: options: ${path.join(".") || "the whole"}: ${message}`);
  }
  const { config: given, processes, log } = parsed.data;
  const config = checkConfig("serve: config", given);
  const setting = settingsOfNode.find(([part, name]) => field(field(given, part), name) !== undefined);
  if (setting) throw inNodeOnly(`config: ${setting.join(".")}`);
  const { models } = config;
  if (models) return { config: { ...config, models }, processes, log };
  throw new InputError(
    'serve: config: models: expected the models to serve, as [{ name: "lenet1" }]; a page cannot list those that there are',
  );
}

const inNodeOnly = (what: string) =>
  new InputError(
    `serve: ${what}: expected none in a page, whose service listens to no one else and whose memory nobody can watch; ` +
      `leave it out, or serve by he-ml in Node`,
  );
