import { InputError } from "../../he-ml/errors.js";
import type * as viz from "../index.js";

// What draws files needs Node's packages for it. Here these functions say so, and what to do instead.

type Functions = typeof viz;

function refused(name: string, instead: string): () => Promise<never> {
  return async () => {
    throw new InputError(`${name}: expected Node, which draws files, got a page; ${instead}`);
  };
}

const picture = "show(figure) draws it here; for a file open the notebook with tslab";
const report = "show its figures and tables one by one; for a file open the notebook with tslab";

export const accuracyReport: Functions["accuracyReport"] = refused("accuracyReport", report);
export const inferenceReport: Functions["inferenceReport"] = refused("inferenceReport", report);
export const renderPng: Functions["renderPng"] = refused("renderPng", picture);
export const renderReport: Functions["renderReport"] = refused("renderReport", report);
export const renderSvg: Functions["renderSvg"] = refused("renderSvg", picture);
