import { Script } from "./script.js";

// A shelf is what is kept of one kind. Beside the values, each under a key of its own that expires by itself, it has
//   sizes    hash: bytes of each value
//   used     sorted set: when each was last used, in microseconds
//   expires  sorted set: when each expires, in milliseconds, just as its key does
//   bytes    of all
// Every script takes these four as KEYS[1] … KEYS[4], and the beginning of the values' keys as ARGV[1].

const common = `
local sizes, used, expires, bytes = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local values = ARGV[1]
local time = redis.call('TIME')
local micros = time[1] * 1000000 + time[2]
local now = math.floor(micros / 1000)

local function forget(id)
  local size = redis.call('HGET', sizes, id)
  if size then redis.call('DECRBY', bytes, size) end
  redis.call('HDEL', sizes, id)
  redis.call('ZREM', used, id)
  redis.call('ZREM', expires, id)
  redis.call('UNLINK', values .. id)
end

local function sweep()
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', expires, '-inf', now)) do forget(id) end
end

local function total() return tonumber(redis.call('GET', bytes) or '0') end
`;

/**
 * Puts the value that came under the key KEYS[5] in its place, if there is room or others may go.
 * ARGV: id, bytes, milliseconds to live, most bytes, most entries, whether entries last (1) or may go (0).
 * Returns -1, or how many bytes are taken where there is no room.
 */
export const keepScript = new Script(`${common}
local incoming, id = KEYS[5], ARGV[2]
local size, live, mostBytes, mostEntries = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
sweep()
local old = redis.call('HGET', sizes, id)
local kept = total() - tonumber(old or '0')
local entries = redis.call('HLEN', sizes) - (old and 1 or 0)
local fits = kept + size <= mostBytes and entries < mostEntries
if not fits and (ARGV[7] == '1' or size > mostBytes) then
  redis.call('UNLINK', incoming)
  return total()
end
forget(id)
while total() + size > mostBytes or redis.call('HLEN', sizes) >= mostEntries do
  local first = redis.call('ZRANGE', used, 0, 0)[1]
  if not first then break end
  forget(first)
end
redis.call('RENAME', incoming, values .. id)
redis.call('PEXPIREAT', values .. id, now + live)
redis.call('HSET', sizes, id, size)
redis.call('ZADD', used, micros, id)
redis.call('ZADD', expires, now + live, id)
redis.call('INCRBY', bytes, size)
return -1
`);

/** Counts as a use. ARGV: id, milliseconds to live from now on, or '' for as before. Returns whether it is there. */
export const useScript = new Script(`${common}
local id = ARGV[2]
if redis.call('EXISTS', values .. id) == 0 then
  forget(id)
  return 0
end
redis.call('ZADD', used, micros, id)
if ARGV[3] ~= '' then
  local expiry = now + tonumber(ARGV[3])
  redis.call('PEXPIREAT', values .. id, expiry)
  redis.call('ZADD', expires, expiry, id)
end
return 1
`);

/** ARGV: id. */
export const forgetScript = new Script(`${common}
forget(ARGV[2])
`);

/** Returns how many entries there are, and bytes. */
export const usageScript = new Script(`${common}
sweep()
return {redis.call('HLEN', sizes), total()}
`);
