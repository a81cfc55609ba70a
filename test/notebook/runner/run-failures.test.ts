import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { TestFolder } from "../support.js";
import { checkFailure, checkSignal, exception } from "./run-failures.js";

let folder: TestFolder;
beforeAll(async () => (folder = await TestFolder.create()));
afterAll(() => folder.remove());

/** All other ways to fail: see run-failures.slow.ts. */
describe("he-ml run", () => {
  afterEach(async () => expect(await folder.kernels()).toEqual([]));

  test("stops at an exception, and says in which cell", () => checkFailure(folder, exception));

  test("ends at once with its kernel on Ctrl-C, with status 130 and no file left", () =>
    checkSignal(folder, "SIGINT", 130));
});
