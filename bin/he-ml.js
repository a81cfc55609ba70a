#!/usr/bin/env node
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

// The final WebAssembly exceptions that node-seal uses came to Node 22 late and to Node 24 with 24.18.
const [major, minor] = process.versions.node.split(".").map(Number);
const recentEnough = (major === 22 && minor >= 20) || (major === 24 && minor >= 18) || major > 24;

if (recentEnough) {
  const { runAsProcess } = await import("../dist/cli/process.js");
  await runAsProcess();
} else {
  const node = broughtNode();
  if (node === undefined) {
    process.stderr.write(
      `he-ml: Node ${process.versions.node} cannot run it: expected 22.20 or later, or 24.18 or later; ` +
        `install a newer one\n`,
    );
    process.exitCode = 2;
  } else {
    runWith(node);
  }
}

/** The Node that npm installed with this package, which `npx` finds by itself; undefined where there is none. */
function broughtNode() {
  const platform = process.platform === "win32" ? "win" : process.platform;
  try {
    const manifest = createRequire(import.meta.url).resolve(`node-${platform}-${process.arch}/package.json`);
    return join(dirname(manifest), "bin", process.platform === "win32" ? "node.exe" : "node");
  } catch {
    return undefined;
  }
}

function runWith(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (status) => (process.exitCode = status ?? 1));
}
