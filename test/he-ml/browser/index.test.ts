import { expect, test } from "@jest/globals";
import * as inBrowser from "../../../src/he-ml/browser/index.js";
import * as core from "../../../src/he-ml/index.js";
import { smallModel as model } from "../layers/small-model.js";
import { lazyParameters as parameters, randomTensor, rejectedBy } from "../support.js";
import { unclearCalls, usualWrongs, type Call } from "../unclear-calls.js";

// Node is as isolated as a page that is not: it does not say that it is.
const { Server, compile, typicalCosts: costs } = inBrowser;
const images = randomTensor([2, 1, 4, 4], 1);
const program = await compile(model, { parameters, costs });

/** Functions that are others in a browser, with arguments that are right: each is then replaced by wrong ones. */
const calls: Readonly<Record<string, readonly unknown[]>> = {
  accuracy: [program, images, [0, 1], {}],
  infer: [program, images, {}],
};

test("every function that is another one in a browser is called here, but those that fetch or serve, and advice, which takes seconds", () => {
  const others = Object.entries(inBrowser)
    .filter(([name, value]) => typeof value === "function" && value !== Reflect.get(core, name))
    .map(([name]) => name);
  expect(others.sort()).toEqual(
    ["Server", "advise", ...Object.keys(calls), "loadModel", "loadNetwork", "serve"].sort(),
  );
});

test.each(Object.entries(calls))("%s answers, or refuses with one InputError", async (name, right) => {
  expect(await unclearCalls(Reflect.get(inBrowser, name) as Call, right, usualWrongs)).toEqual({});
});

test("a server that is not isolated computes in the thread that starts it, and says what threads need", async () => {
  await using server = await Server.start(program);
  expect(server.threads).toBe(0);
  for (const threads of [2, "two" as never]) {
    const error = await rejectedBy(() => Server.start(program, { threads }));
    expect(error).toBeInstanceOf(inBrowser.InputError);
    expect(String(error)).toMatch(
      /server: threads: expected 0, as threads share memory \(SharedArrayBuffer\).*, got \w+; .*"Cross-Origin-Opener-Policy: same-origin"/,
    );
  }
});
