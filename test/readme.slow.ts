import { test } from "@jest/globals";
import { checkExample, readmeExamples } from "./readme-examples.js";

// The first is one of the quick tests.
test.each(readmeExamples.slice(1).map((code, index) => [index + 1, code] as const))(
  "example %i of the README runs and prints what it says",
  (_, code) => checkExample(code),
);
