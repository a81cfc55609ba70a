// Makes a virtual environment for each peer in Python, with the versions that are pinned in its folder:
//
//   node benchmarks/setup.mjs [NAME…]     all of them if none is named
import { spawn, spawnSync } from "node:child_process";
import { access, readdir, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { environments, readPeers } from "./peers.mjs";

const say = (text) => void process.stderr.write(`${text}\n`);

/** A Python of one of these versions: on the path, or among pyenv's. */
async function findPython(versions) {
  const pyenv = join(process.env.PYENV_ROOT ?? join(homedir(), ".pyenv"), "versions");
  const installed = await readdir(pyenv).catch(() => []);
  for (const version of versions) {
    const kept = installed.filter((name) => name.startsWith(`${version}.`));
    const found = [
      `python${version}`,
      "python3",
      ...kept.map((name) => join(pyenv, name, "bin/python")),
    ].find((program) => versionOf(program) === version);
    if (found) return found;
  }
  return undefined;
}

function versionOf(program) {
  const asked = "import sys; print('%d.%d' % sys.version_info[:2])";
  return spawnSync(program, ["-c", asked], { encoding: "utf8" }).stdout?.trim();
}

/** @throws Error saying which command failed, after it has said why on standard error */
function run(program, ...args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", process.stderr, "inherit"] });
    child.on("error", reject);
    child.on("close", (status) =>
      status === 0 ? resolve() : reject(new Error(`${[program, ...args].join(" ")}: exit status ${status}`)),
    );
  });
}

async function install({ id, folder, pythons }) {
  const python = await findPython(pythons);
  if (!python) throw new Error(`needs a Python of ${pythons.join(", ")}; none on the path or among pyenv's`);
  const environment = join(environments, id);
  await rm(environment, { recursive: true, force: true });
  await run(python, "-m", "venv", environment);
  const inside = join(environment, "bin/python");
  const script = join(folder, "install.sh");
  const hasScript = await access(script).then(
    () => true,
    () => false,
  );
  try {
    if (hasScript) await run("bash", script, inside);
    else
      await run(inside, "-m", "pip", "install", "--quiet", "--requirement", join(folder, "requirements.txt"));
  } catch (error) {
    // What is half installed would count as installed.
    await rm(environment, { recursive: true, force: true });
    throw error;
  }
}

const all = (await readPeers()).filter(({ pythons }) => pythons);
const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !all.some(({ id }) => id === name));
if (unknown !== undefined) {
  say(`he-ml: setup: expected some of ${all.map(({ id }) => id).join(", ")}, got "${unknown}"`);
  process.exit(2);
}
for (const peer of all.filter(({ id }) => wanted.length === 0 || wanted.includes(id))) {
  say(`${peer.name} (${peer.licence})`);
  try {
    await install(peer);
  } catch (error) {
    say(`${peer.name}: not installed: ${error.message}`);
    process.exitCode = 1;
  }
}
