import events = require("node:events");
import fs = require("node:fs");

/**
 * Where Node's permission model is on, a kernel runs what someone handed in. What asks whether a file exists is told no
 * instead of an error, as tslab expects; no file is watched, as none changes; the process cannot signal others; and it ends with the one that started it.
 */
function fenceIn(): void {
  const { existsSync } = fs;
  fs.existsSync = (path) => {
    try {
      return existsSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ERR_ACCESS_DENIED") return false;
      throw error;
    }
  };
  const unchanging = () => Object.assign(new events.EventEmitter(), { close: () => undefined });
  Object.assign(fs, { watch: unchanging, watchFile: unchanging, unwatchFile: () => undefined });
  for (const name of ["kill", "_kill", "_debugProcess"]) Reflect.deleteProperty(process, name);
  process.on("disconnect", () => process.exit());
}

export = { fenceIn };
