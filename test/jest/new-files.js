import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Files and folders of the repository that git does not keep; none where it is no git repository. */
export async function newFiles() {
  const status = promisify(execFile)("git", [
    "status",
    "--porcelain",
    "--ignored=matching",
    "--untracked-files=all",
  ]);
  const { stdout } = await status.catch(() => ({ stdout: "" }));
  return stdout.split("\n").filter((line) => /^(\?\?|!!)/.test(line));
}
