import { expect, test } from "@jest/globals";
import { InputError } from "../../../src/he-ml/errors.js";
import * as edition from "../../../src/viz/browser/index.js";
import * as refused from "../../../src/viz/browser/refused.js";
import * as viz from "../../../src/viz/index.js";

test("a page has every function; those that draw files say what to do instead", async () => {
  expect(Object.keys(edition).sort()).toEqual(Object.keys(viz).sort());
  for (const [name, refuse] of Object.entries(refused)) {
    const answer = (refuse as () => Promise<unknown>)();
    await expect(answer).rejects.toThrow(InputError);
    await expect(answer).rejects.toThrow(new RegExp(`^${name}: expected Node, .*; .*tslab$`));
  }
});
