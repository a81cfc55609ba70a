// Runs the same networks in this library and in others, one after another, and makes one table of it:
//
//   npm run bench:peers -- --quick --only tenseal
//
// README.md says what is measured, and how to install the peers.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { InputError, loadModel, modelForward, imageAt } from "../dist/he-ml/node/index.js";
import { loadTestImages } from "../dist/train/index.js";
import { readPeers, reference, runPeer } from "./peers.mjs";
import { publishedRows } from "./published.mjs";
import { rowOf, withRatios } from "./rows.mjs";
import { csvTable, markdownTable } from "./table.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const networks = ["mnist-small", "lenet1"];
/** Images that compilers calibrate on; none of them is measured. */
const calibration = { first: 100, count: 100 };

const usage = `usage: npm run bench:peers -- [options]
  --only NAMES      peers, comma-separated; ${reference} is always measured beside them
  --network NAMES   of ${networks.join(", ")} (default: both)
  --images N        test images for each peer and network, from 1 to ${calibration.first} (default: 10)
  --threads N       for each of them (default: 1)
  --seconds S       after so many seconds of images a peer takes no further one (default: 300)
  --limit S         after so many seconds a peer is ended (default: 3600)
  --quick           3 images, 60 seconds, a limit of 900
  --resume          take what an earlier run with the same options has measured, but for ${reference}
  --out DIR         where peers.json and peers.csv go (default: out/benchmarks)`;

const options = {
  only: { type: "string" },
  network: { type: "string", default: networks.join() },
  images: { type: "string" },
  threads: { type: "string", default: "1" },
  seconds: { type: "string" },
  limit: { type: "string" },
  quick: { type: "boolean", default: false },
  resume: { type: "boolean", default: false },
  out: { type: "string", default: join(root, "out/benchmarks") },
  help: { type: "boolean", default: false },
};

/** @throws InputError */
function readOptions(args, peers) {
  let values;
  try {
    ({ values } = parseArgs({ args, options }));
  } catch (error) {
    throw new InputError(`bench:peers: ${error.message}`);
  }
  const usual = values.quick
    ? { images: 3, seconds: 60, limit: 900 }
    : { images: 10, seconds: 300, limit: 3600 };
  return {
    ...values,
    only:
      values.only &&
      listOf(
        "--only",
        values.only,
        peers.map(({ id }) => id),
      ),
    networks: listOf("--network", values.network, networks),
    images: wholeNumber("--images", values.images ?? usual.images, calibration.first),
    threads: wholeNumber("--threads", values.threads, 256),
    seconds: wholeNumber("--seconds", values.seconds ?? usual.seconds, 1e6),
    limit: wholeNumber("--limit", values.limit ?? usual.limit, 1e6),
    out: resolve(values.out),
  };
}

function listOf(name, text, known) {
  const names = text.split(",").map((each) => each.trim());
  const unknown = names.find((each) => !known.includes(each));
  if (unknown !== undefined) {
    throw new InputError(`bench:peers: ${name}: expected some of ${known.join(", ")}, got "${unknown}"`);
  }
  return names;
}

function wholeNumber(name, text, most) {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new InputError(`bench:peers: ${name}: expected a whole number from 1 to ${most}, got "${text}"`);
}

const say = (text) => void process.stderr.write(`${text}\n`);

/** The images of a job, and what the plain model says of them. */
async function imagesFor(network, count) {
  const model = await loadModel(network);
  const valuesOf = async (first, n) => {
    const { images, labels } = await loadTestImages(
      model.dataset,
      Array.from({ length: n }, (_, i) => first + i),
    );
    return {
      images,
      labels: [...labels],
      values: Array.from({ length: n }, (_, i) => [...imageAt(images, i).data]),
    };
  };
  const given = await valuesOf(0, count);
  const logits = modelForward(model, given.images).at(-1);
  return {
    inputShape: [...model.inputShape],
    labels: given.labels,
    plainLogits: given.values.map((_, i) => [...imageAt(logits, i).data]),
    images: given.values,
    calibration: (await valuesOf(calibration.first, calibration.count)).values,
  };
}

/** Runs the peers on one network: the reference first and again last, so that a change of the machine's load hits it, too. */
async function measureNetwork(network, peers, given) {
  const {
    inputShape,
    labels,
    plainLogits,
    images,
    calibration: samples,
  } = await imagesFor(network, given.images);
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const answers = new Map(peers.map(({ id }) => [id, []]));
  const turns = [...peers, peers.find(({ id }) => id === reference)];
  for (const [turn, peer] of turns.entries()) {
    const job = {
      network,
      version,
      onnx: join(root, "models", network, "model.onnx"),
      inputShape,
      images,
      calibration: samples,
      threads: given.threads,
      seconds: given.seconds,
      options: peer.options ?? {},
    };
    const kept = await keptAnswer(peer, job, given);
    say(`${network}, ${turn + 1} of ${turns.length}: ${peer.name}${kept ? ": measured earlier" : ""}`);
    const answer =
      kept ??
      (await runPeer(peer, job, { limit: given.limit, onProgress: (step) => say(`  ${peer.id}: ${step}`) }));
    if (answer.status === "failed") say(`  ${peer.id}: failed: ${answer.reason}`);
    else if (!kept) await keepAnswer(peer, job, given, answer);
    answers.get(peer.id).push(answer);
  }
  return peers.map((peer) =>
    rowOf(peer, network, given.threads, answers.get(peer.id), { labels, plainLogits }),
  );
}

/** What a peer measured goes into a file named by all that it depends on here: the job, its files and what it shares. */
async function fileOfAnswer({ id, folder, run }, job, { out }) {
  const digest = createHash("sha256").update(JSON.stringify(job));
  const own = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile());
  for (const file of [...own.map(({ name }) => name).sort(), run, "../common.py"]) {
    digest.update(await readFile(join(folder, file)));
  }
  return join(out, "runs", `${id}-${job.network}-${digest.digest("hex").slice(0, 16)}.json`);
}

async function keptAnswer(peer, job, given) {
  if (!given.resume || peer.id === reference) return undefined;
  const text = await readFile(await fileOfAnswer(peer, job, given), "utf8").catch(() => undefined);
  return text && JSON.parse(text);
}

async function keepAnswer(peer, job, given, answer) {
  const file = await fileOfAnswer(peer, job, given);
  await mkdir(join(given.out, "runs"), { recursive: true });
  await writeFile(file, JSON.stringify({ ...answer, measuredAt: new Date().toISOString() }));
}

async function commitOf(folder) {
  const git = (...args) => promisify(execFile)("git", args, { cwd: folder });
  try {
    const { stdout } = await git("rev-parse", "HEAD");
    const changed = (await git("status", "--porcelain", "--untracked-files=no")).stdout !== "";
    return `${stdout.trim()}${changed ? " with changes" : ""}`;
  } catch {
    return undefined;
  }
}

const machine = () => ({
  cpu: cpus()[0]?.model ?? process.arch,
  cores: availableParallelism(),
  memoryBytes: totalmem(),
  platform: `${process.platform} ${process.arch}`,
  node: process.versions.node,
  loadAverage: loadavg(),
});

async function main(args) {
  if (args.includes("--help")) return void process.stdout.write(`${usage}\n`);
  const all = await readPeers();
  const given = readOptions(args, all);
  const peers = all.filter(({ id }) => id === reference || !given.only || given.only.includes(id));
  const before = machine();
  const measured = [];
  for (const network of given.networks) measured.push(...(await measureNetwork(network, peers, given)));
  const rows = [...withRatios(measured, reference), ...publishedRows(given.networks)];
  const report = {
    date: new Date().toISOString(),
    commit: await commitOf(root),
    machine: { ...before, loadAverageAfter: loadavg() },
    options: { images: given.images, threads: given.threads, seconds: given.seconds, limit: given.limit },
    rows,
  };
  await mkdir(given.out, { recursive: true });
  await writeFile(join(given.out, "peers.json"), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(join(given.out, "peers.csv"), csvTable(rows));
  process.stdout.write(`${markdownTable(rows)}\n`);
  say(`written: ${join(given.out, "peers.json")}, ${join(given.out, "peers.csv")}`);
  if (measured.some(({ status }) => status !== "measured")) process.exitCode = 1;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  say(`he-ml: ${error.message}`);
  process.exitCode = 2;
}
