#!/usr/bin/env node
// The final WebAssembly exceptions that node-seal uses came to Node 22 late and to Node 24 with 24.18.
const [major, minor] = process.versions.node.split(".").map(Number);
const recentEnough = (major === 22 && minor >= 20) || (major === 24 && minor >= 18) || major > 24;

if (recentEnough) {
  const { runAsProcess } = await import("../dist/cli/process.js");
  await runAsProcess();
} else {
  process.stderr.write(
    `he-ml: Node ${process.versions.node} cannot run it: expected 22.20 or later, or 24.18 or later; ` +
      `start it with npx he-ml inside the project, which brings its own Node, or install a newer one\n`,
  );
  process.exitCode = 2;
}
