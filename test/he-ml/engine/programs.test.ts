import { expect, test } from "@jest/globals";
import { InputError } from "../../../src/he-ml/errors.js";
import { readEngineOptions, storeLimits } from "../../../src/he-ml/engine/engine-options.js";
import { QueueFullError, type TaskResult } from "../../../src/he-ml/engine/engine-types.js";
import { MemoryStore } from "../../../src/he-ml/engine/memory-store.js";
import { Programs } from "../../../src/he-ml/engine/programs.js";
import { rejectedBy } from "../support.js";

test("so many requests are compiled at once, and no more; one that is being compiled takes no place of its own", async () => {
  await using store = new MemoryStore(storeLimits(readEngineOptions()));
  const begun: (() => void)[] = [];
  const doTask = () =>
    new Promise<TaskResult>((_, reject) => begun.push(() => reject(new InputError("not here"))));
  const programs = new Programs(store, doTask, 2);
  const model = { net: "lenet1", path: "lenet1" };
  const asked = (layer: number) =>
    rejectedBy(() => programs.compile(model, { net: "lenet1", layers: [layer] }));
  const first = [asked(0), asked(1), asked(1)];
  while (begun.length < 2) await new Promise(setImmediate);
  const full = await asked(2);
  expect(full).toBeInstanceOf(QueueFullError);
  for (const end of begun.splice(0)) end();
  for (const error of await Promise.all(first)) expect(error).toBeInstanceOf(InputError);
  const next = asked(2);
  while (begun.length < 1) await new Promise(setImmediate);
  begun[0]();
  expect(await next).toBeInstanceOf(InputError);
});
