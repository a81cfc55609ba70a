import { expect, test } from "@jest/globals";
import * as core from "../../../src/he-ml/index.js";
import * as node from "../../../src/he-ml/node/index.js";

test("Node has all of the core, and what needs Node", () => {
  const names = new Set(Object.keys(node));
  expect(Object.keys(core).filter((name) => !names.has(name))).toEqual([]);
  expect([...names].filter((name) => !(name in core)).sort()).toEqual([
    "accuracy",
    "bench",
    "benchService",
    "loadModel",
    "loadNetwork",
    "machineCosts",
    "planningCosts",
    "serve",
  ]);
  const others = Object.keys(core).filter(
    (name) => core[name as keyof typeof core] !== node[name as keyof typeof core],
  );
  expect(others.sort()).toEqual(["Server", "advise", "compile", "compileParts", "infer", "testParameters"]);
  expect(node.Server.prototype).toBeInstanceOf(core.Server);
});
