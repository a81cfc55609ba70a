import threads = require("node:worker_threads");

const watch = `
  const started = process.ppid;
  setInterval(() => { if (process.ppid !== started) process.kill(process.pid, "SIGKILL"); }, 500);
`;

/**
 * Ends the kernel when the process that started it has gone, however that went. A thread of its own watches, since a
 * cell may keep the main one busy for ever.
 */
function endWithParent(): void {
  // Windows does not tell: there a process keeps the id of the parent that has gone.
  if (process.platform === "win32") return;
  new threads.Worker(watch, { eval: true, execArgv: [], stdout: true, stderr: true }).unref();
}

export = { endWithParent };
