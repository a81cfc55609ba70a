// Damages everything that is read from outside, so many times in all, and reads it: each must be read, or refused in one line
// by an InputError, soon, and leave no memory behind. Prints what it counted; fails where one does not.
//
//   node scripts/check-mutations.mjs 1000
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { InputError } from "../dist/he-ml/node/index.js";
import { seededBelow } from "./mutations/damage.mjs";
import { formats } from "./mutations/formats.mjs";

const mostMegabytes = 200;
const mostSeconds = 20;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc");

function megabytes() {
  collectGarbage();
  return process.memoryUsage().rss / 1e6;
}

/** @returns what was wrong with how this was read or refused, if anything was */
async function problemOf(format, damaged, tally) {
  try {
    await format.read(damaged);
    tally.read++;
  } catch (error) {
    tally.refused++;
    if (!(error instanceof InputError)) return `it throws ${String(error?.stack ?? error).slice(0, 600)}`;
    if (!/^.{10,2000}$/.test(error.message))
      return `its message is not one line: ${error.message.slice(0, 600)}`;
  }
  return undefined;
}

async function check(format, count, seed) {
  const below = seededBelow(seed);
  // Examples that are refused as they are would say nothing; and memory comes to its usual height.
  const sound = [];
  for (const example of format.examples) {
    const isRead = await Promise.resolve(example)
      .then(format.read)
      .then(
        () => true,
        () => false,
      );
    if (isRead) sound.push(example);
  }
  const tally = { read: 0, refused: 0, slowest: 0, grown: 0 };
  const before = megabytes();
  const problems = [];
  for (let i = 0; i < count; i++) {
    const damaged = format.damage(sound[below(sound.length)], below);
    const start = performance.now();
    const problem = await problemOf(format, damaged, tally);
    const seconds = (performance.now() - start) / 1000;
    if (problem) problems.push(`mutation ${i}: ${problem}`);
    tally.slowest = Math.max(tally.slowest, seconds);
    if (i % 25 === 24) tally.grown = Math.max(tally.grown, megabytes() - before);
  }
  tally.grown = Math.max(tally.grown, megabytes() - before);
  if (tally.slowest > mostSeconds) problems.push(`one took ${tally.slowest.toFixed(1)} s`);
  if (tally.grown > mostMegabytes) problems.push(`memory grew by ${tally.grown.toFixed(0)} MB`);
  process.stdout.write(
    `${format.name}: ${count} mutations, ${tally.refused} refused, ${tally.read} read, ` +
      `slowest ${(1000 * tally.slowest).toFixed(0)} ms, memory +${Math.max(0, tally.grown).toFixed(0)} MB\n`,
  );
  for (const problem of problems.slice(0, 5)) process.stdout.write(`  WRONG: ${problem}\n`);
  return problems.length === 0;
}

/** @returns whether all was well */
export async function checkMutations(total, seed = 1) {
  const all = await formats();
  const shares = all.reduce((sum, { share = 1 }) => sum + share, 0);
  let good = true;
  for (const [i, format] of all.entries()) {
    const count = Math.ceil((total * (format.share ?? 1)) / shares);
    good = (await check(format, count, seed + i)) && good;
  }
  return good;
}

if (import.meta.main) {
  const total = Number(process.argv[2]);
  if (!(total >= 1)) {
    process.stderr.write("check-mutations: expected a number of mutations, such as 1000\n");
    process.exitCode = 2;
  } else if (!(await checkMutations(total))) process.exitCode = 1;
}
