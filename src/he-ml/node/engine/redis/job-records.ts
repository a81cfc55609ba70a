import { randomUUID } from "node:crypto";
import * as z from "zod";
import type { Ending } from "../../../engine/memory-queue.js";
import type { RedisConnection } from "./redis-connection.js";
import { Script } from "./script.js";

// What is known of a job, beside BullMQ's queue: a hash under its id, with its input's digest, how it ended, and its run. A run is
// a job of BullMQ's. Who cancels a job deletes the record; the same id is then another job, with a run of its own, and whatever
// the old run still does finds that the record is not its own.

/** Longer than any job waits. */
const recordSeconds = 7 * 24 * 3600;
/** A server that reserved a place, and did not take it within so long, died. */
const reservationMilliseconds = 30_000;
/** Where there are more owners, those are forgotten that have nothing waiting. */
const mostTurns = 1000;
/** BullMQ's largest priority number. */
const lastTurn = 2 ** 21 - 1;

/**
 * Finds a job, or reserves a place in the queue for it.
 *
 * Owners take turns by start-time fair queueing: a job's turn is one after its owner's last, but not before the turn that is on.
 * So an owner with many jobs waiting has one in each turn, and who comes anew has one in the turn that is on. BullMQ does
 * what has the lowest priority number first, and of those with the same number the oldest: a turn is such a number.
 */
const admitScript = new Script(`
local record, reserved, turns, prioritized, waiting = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local run, digest, owner, most = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local known = redis.call('HMGET', record, 'run', 'digest', 'turn', 'state')
if known[1] then
  if known[2] ~= digest then return {'other'} end
  if known[4] then return {'ended'} end
  return {'admitted', known[1], known[3]}
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', reserved, '-inf', now - ${reservationMilliseconds})
-- A run that has come is in the queue, and for a moment has its place reserved, too.
local places = 0
for _, other in ipairs(redis.call('ZRANGE', reserved, 0, -1)) do
  if not redis.call('ZSCORE', prioritized, other) then places = places + 1 end
end
local before = redis.call('ZCARD', prioritized) + redis.call('LLEN', waiting) + places
if before >= most then return {'full', before} end
local first = redis.call('ZRANGE', prioritized, 0, 0, 'WITHSCORES')[2]
if first then
  -- BullMQ's scores are the priority number, then 32 bits of a counter.
  redis.call('HSET', turns, '', math.floor(tonumber(first) / 4294967296) - 1)
elseif places == 0 then
  redis.call('DEL', turns)
end
local on = tonumber(redis.call('HGET', turns, '') or '0')
if redis.call('HLEN', turns) > ${mostTurns} then
  local all = redis.call('HGETALL', turns)
  for i = 1, #all, 2 do
    if all[i] ~= '' and tonumber(all[i + 1]) <= on then redis.call('HDEL', turns, all[i]) end
  end
end
local last = tonumber(redis.call('HGET', turns, owner) or '0')
local turn = math.min(math.max(on, last) + 1, ${lastTurn})
redis.call('HSET', turns, owner, turn)
redis.call('ZADD', reserved, now, run)
redis.call('HSET', record, 'run', run, 'digest', digest, 'turn', turn)
redis.call('EXPIRE', record, ${recordSeconds})
return {'admitted', run, turn}
`);

/** Writes down how a run ended, unless that is known. Returns 0 if the job was cancelled. */
const endScript = new Script(`
if redis.call('HGET', KEYS[1], 'run') ~= ARGV[1] then return 0 end
if redis.call('HEXISTS', KEYS[1], 'state') == 0 then
  redis.call('HSET', KEYS[1], 'state', ARGV[3])
  redis.call('EXPIRE', KEYS[1], ARGV[2])
end
return 1
`);

const forgetScript = new Script(`
if redis.call('HGET', KEYS[1], 'run') == ARGV[1] then redis.call('DEL', KEYS[1]) end
`);

const endingSchema = z.discriminatedUnion("state", [
  z.strictObject({ state: z.literal("done"), queueMilliseconds: z.number() }),
  z.strictObject({ state: z.literal("refused"), reason: z.string() }),
  z.strictObject({ state: z.literal("failed"), why: z.enum(["time", "memory", "died"]), reason: z.string() }),
]) satisfies z.ZodType<Ending>;

export type Admission =
  | { readonly state: "admitted"; readonly run: string; readonly turn: number }
  /** A job of this id has another input. */
  | { readonly state: "other" }
  /** It was done before. */
  | { readonly state: "ended" }
  | { readonly state: "full"; readonly before: number };

/** What is known of a job. */
export interface JobRecord {
  readonly run: string;
  readonly ending?: Ending;
}

/** Names of BullMQ's keys. */
export type QueueKey = (name: "prioritized" | "wait") => string;

export class JobRecords {
  /** @param prefix of all keys */
  constructor(
    private readonly connection: RedisConnection,
    private readonly prefix: string,
  ) {}

  /** @param queueKey of the queue in which it is to wait */
  async admit(
    id: string,
    { digest, owner, most }: { readonly digest: string; readonly owner: string; readonly most: number },
    queueKey: QueueKey,
  ): Promise<Admission> {
    const keys = [
      this.#record(id),
      this.#reserved,
      `${this.prefix}:turns`,
      queueKey("prioritized"),
      queueKey("wait"),
    ];
    const run = `run-${randomUUID()}`;
    const reply = await this.connection.run((client) =>
      admitScript.run(client, keys, [run, digest, owner, most]),
    );
    const [state, first, turn] = reply as
      ["admitted", string, string] | ["other" | "ended"] | ["full", number];
    if (state === "admitted") return { state, run: first as string, turn: Number(turn) };
    return state === "full" ? { state, before: Number(first) } : { state };
  }

  /** Its place is taken. */
  async arrived(run: string): Promise<void> {
    await this.connection.run((client) => client.zrem(this.#reserved, run));
  }

  async read(id: string): Promise<JobRecord | undefined> {
    const [run, state] = await this.connection.run((client) =>
      client.hmget(this.#record(id), "run", "state"),
    );
    if (run === null) return undefined;
    return { run, ending: state === null ? undefined : endingSchema.parse(JSON.parse(state)) };
  }

  /** @returns false if the job was cancelled */
  async end(id: string, run: string, ending: Ending, secondsToLive: number): Promise<boolean> {
    const args = [run, Math.ceil(secondsToLive), JSON.stringify(ending)];
    return (await this.connection.run((client) => endScript.run(client, [this.#record(id)], args))) === 1;
  }

  /** Forgets a job, unless the same id was given to another meanwhile. */
  async forget(id: string, run: string): Promise<void> {
    await this.connection.run((client) => forgetScript.run(client, [this.#record(id)], [run]));
  }

  get #reserved(): string {
    return `${this.prefix}:reserved`;
  }

  #record(id: string): string {
    return `${this.prefix}:job:${id}`;
  }
}
