import { afterEach, beforeEach, expect, test } from "@jest/globals";
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeFolder } from "../../../../src/he-ml/node/files/make-folder.js";
import { WriteError, writeWholeFile } from "../../../../src/he-ml/node/files/whole-file.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "he-ml-whole-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("a file is new, or another in place of the old, whose mode stays", async () => {
  const path = join(folder, "a.txt");
  await writeWholeFile(path, "one");
  await chmod(path, 0o640);
  await writeWholeFile(path, Uint8Array.of(0x74, 0x77, 0x6f));
  expect(await readFile(path, "utf8")).toBe("two");
  expect((await stat(path)).mode & 0o777).toBe(0o640);
  expect(await readdir(folder)).toEqual(["a.txt"]);
});

test("a symbolic link keeps leading where it led", async () => {
  await writeFile(join(folder, "target"), "old");
  await symlink("target", join(folder, "link"));
  await writeWholeFile(join(folder, "link"), "new");
  expect((await lstat(join(folder, "link"))).isSymbolicLink()).toBe(true);
  expect(await readFile(join(folder, "target"), "utf8")).toBe("new");
});

test("where it cannot be written, what was there stays, and nothing lies beside it", async () => {
  const path = join(folder, "inside");
  await mkdir(path);
  await writeFile(join(path, "kept"), "kept");
  await expect(writeWholeFile(path, "x")).rejects.toThrow(WriteError);
  await expect(writeWholeFile(join(folder, "none", "a"), "x")).rejects.toThrow(
    /none.* could not be written: ENOENT/,
  );
  expect(await readdir(folder)).toEqual(["inside"]);
  expect(await readdir(path)).toEqual(["kept"]);
});

test("a device is written to, and stays one", async () => {
  await writeWholeFile("/dev/null", "x");
  expect((await stat("/dev/null")).isCharacterDevice()).toBe(true);
  await expect(writeWholeFile("/dev/full", "x")).rejects.toThrow(
    /"\/dev\/full" could not be written: ENOSPC/,
  );
});

test("folders are made one by one, also by two at once, and never forever", async () => {
  const path = join(folder, "a", "b", "c");
  await Promise.all([makeFolder(path), makeFolder(path)]);
  await makeFolder(path);
  expect((await stat(path)).isDirectory()).toBe(true);
  await writeFile(join(folder, "file"), "");
  await expect(makeFolder(join(folder, "file", "a"))).rejects.toThrow(/EEXIST/);
  await expect(makeFolder(join(folder, "file"))).rejects.toThrow(/EEXIST/);
});

test("under /proc, where Node's own way never ends, too", async () => {
  await expect(makeFolder("/proc/he-ml/cache")).rejects.toThrow(/ENOENT/);
});
