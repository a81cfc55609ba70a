// The peers: a folder each under peers/, and how a job is run by one of them in a process of its own.
import { spawn } from "node:child_process";
import { access, readFile, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("peers/", import.meta.url));
/** Where setup.mjs puts virtual environments. */
export const environments = fileURLToPath(new URL("../.venv-benchmarks/", import.meta.url));
/** The peer that others are compared with: this library. */
export const reference = "he-ml";

/** @returns each peer's folder name and what its peer.json says, the reference first */
export async function readPeers() {
  const found = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const names = found.map(({ name }) => name).filter((name) => !name.startsWith("__"));
  const peers = await Promise.all(
    names.map(async (id) => ({
      id,
      folder: join(folder, id),
      ...JSON.parse(await readFile(join(folder, id, "peer.json"), "utf8")),
    })),
  );
  const isFirst = ({ id }) => (id.startsWith(reference) ? 0 : 1);
  return peers.sort((a, b) => isFirst(a) - isFirst(b) || a.id.localeCompare(b.id));
}

const exists = (path) =>
  access(path).then(
    () => true,
    () => false,
  );

/** What runs a peer's file; none where its virtual environment was not made. */
export async function programOf({ id, run }) {
  if (run.endsWith(".mjs")) return process.execPath;
  const python = join(environments, id, "bin", "python");
  return (await exists(python)) ? python : undefined;
}

/**
 * Runs one job.
 *
 * @param job what the peer reads as JSON from its standard input
 * @param limit seconds after which the process is ended
 * @returns `{ status: "measured", …}` with what the peer wrote, or `{ status: "failed", reason }`
 */
export async function runPeer(peer, job, { limit, onProgress = () => {} }) {
  const program = await programOf(peer);
  if (program === undefined) {
    return { status: "failed", reason: `not installed: node benchmarks/setup.mjs ${peer.id}` };
  }
  const file = join(peer.folder, peer.run);
  const threads = String(job.threads);
  const child = spawn(program, [file], {
    cwd: dirname(file),
    stdio: ["pipe", "pipe", "pipe"],
    env: {
      ...process.env,
      ...Object.fromEntries(threadVariables.map((variable) => [variable, threads])),
      PYTHONDONTWRITEBYTECODE: "1",
    },
  });
  let [output, errors, isLate] = ["", "", false];
  const timer = setTimeout(() => {
    isLate = true;
    child.kill("SIGKILL");
  }, 1000 * limit);
  child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text) => {
    errors = (errors + text).slice(-20_000);
    for (const [, step] of text.matchAll(/^progress: (.*)$/gm)) onProgress(step);
  });
  // A process that ends before it has read its job breaks the pipe; its status tells why it ended.
  child.stdin.on("error", () => {});
  child.stdin.end(JSON.stringify(job));
  const ended = await new Promise((resolve) => {
    child.on("error", (error) => resolve({ error }));
    child.on("close", (status, killedBy) => resolve({ status, killedBy }));
  });
  clearTimeout(timer);
  if (isLate) return { status: "failed", reason: `took more than ${limit} s` };
  if (ended.error) return { status: "failed", reason: `not started: ${ended.error.message}` };
  if (ended.status !== 0) {
    const how = ended.killedBy ? `ended by ${ended.killedBy}` : `exit status ${ended.status}`;
    return { status: "failed", reason: `${how}: ${lastLine(errors) || "nothing said"}` };
  }
  try {
    return { status: "measured", ...JSON.parse(lastLine(output)) };
  } catch {
    return { status: "failed", reason: `expected one line of JSON, got ${JSON.stringify(lastLine(output))}` };
  }
}

/** By these, libraries are told how many threads to use: OpenMP, BLAS, and Go's. */
const threadVariables = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "GOMAXPROCS"];

const lastLine = (text) =>
  text
    .trim()
    .split(/[\r\n]+/)
    .at(-1) ?? "";
