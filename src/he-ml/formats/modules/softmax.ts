import { isIdleType, isSoftmaxType, type Module, type UnknownModule } from "../description.js";
import { softmaxNote } from "../softmax.js";
import { describeModule } from "./weights.js";

type Modules = readonly (Module | UnknownModule)[];

/** Leaves out a softmax over the outputs that nothing but what is idle outside training follows. */
export function withoutSoftmax(modules: Modules): { readonly modules: Modules; readonly notes: string[] } {
  const end = modules.findLastIndex(({ type }) => !isIdleType(type));
  const last = modules.at(end);
  if (end < 1 || !last || !isOverOutputs(last)) return { modules, notes: [] };
  return { modules: modules.slice(0, end), notes: [softmaxNote(describeModule(last))] };
}

/** Not over the images of a batch, which each server sees together with others. */
function isOverOutputs(module: Module | UnknownModule): boolean {
  if (!isSoftmaxType(module.type)) return false;
  const { dim } = module as { readonly dim?: number | null };
  return dim === undefined || dim === null || dim === 1 || dim === -1;
}
