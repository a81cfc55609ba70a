import { expect, test } from "@jest/globals";
import { checkExample, readmeExamples } from "./readme-examples.js";

test("the README has examples, and the first of them runs and prints what it says", async () => {
  expect(readmeExamples.length).toBeGreaterThanOrEqual(3);
  await checkExample(readmeExamples[0]);
});
