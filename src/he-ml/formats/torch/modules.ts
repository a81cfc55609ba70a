import { InputError } from "../../errors.js";
import {
  checkModule,
  isModuleType,
  moduleArguments,
  type Module,
  type ModuleType,
  type UnknownModule,
} from "../description.js";
import type { Tensor } from "../../tensor/tensor.js";
import { unknownAttribute } from "./attributes.js";
import { isKnownName, torchModuleType } from "./names.js";
import { PythonObject, type PickleValue } from "./pickle-values.js";
import { StoredTensor, TensorReader } from "./tensors.js";

/** A network's modules in the order in which they run, and their weights. */
export interface PickledModules {
  readonly modules: readonly (Module | UnknownModule)[];
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** Deeper than anyone nests by hand; a file that nests modules in themselves has no end. */
const deepestNesting = 50;
const mostModules = 1000;
/** What PyTorch calls modules are digits, or names of attributes, with dots between them. */
const modulePath = /^[^\p{Cc}]{1,200}$/u;

/** Classes of the user's own that are known by their name, whatever module they come from. Their code is not seen. */
const ownClasses: ReadonlyMap<string, "Square" | "Polynomial"> = new Map([
  ["Square", "Square"],
  ["SquareActivation", "Square"],
  ["Polynomial", "Polynomial"],
  ["PolynomialActivation", "Polynomial"],
] as const);

/**
 * The modules of a pickled `nn.Sequential`, those of nested ones in their place, or of a single module.
 *
 * @throws InputError if the object is something else, or holds what is no part of a network
 */
export function pickledModules(root: PythonObject, names: ReadonlySet<string>): PickledModules {
  const walk = new Walk();
  const network = unwrapped(root, walk.classes);
  if (isSequential(network)) walk.sequence(network, "", 0);
  else if (partsOf(network, "_modules").size > 0) throw ownNetwork(network);
  else walk.module(network, "0");
  requireNothingElse(names, walk.classes);
  if (walk.doubt) throw walk.doubt;
  return walk;
}

/** What runs a network on several devices, and computes what it computes. */
const wrapper = /^torch\.nn\.parallel\.(data_parallel\.DataParallel|distributed\.DistributedDataParallel)$/;

function unwrapped(root: PythonObject, classes: Set<string>): PythonObject {
  const inner = wrapper.test(root.className) ? partsOf(root, "_modules").get("module") : undefined;
  if (!(inner instanceof PythonObject)) return root;
  requireNoHooks(root, "");
  classes.add(root.className);
  return inner;
}

/** A network of a class of the user's own, whose file holds its modules and not what is done with them. */
function ownNetwork(root: PythonObject): InputError {
  const children = [...partsOf(root, "_modules")].slice(0, 8).map(([key, child]) => {
    const type = child instanceof PythonObject ? child.className.replace(/^.*\./s, "") : "none";
    return `${typeof key === "string" ? key.slice(0, 100) : ""} (${type})`;
  });
  return new InputError(
    `it is a network of the class ${shown(root.className)}, whose forward is code that the file does not hold; it has ` +
      `the modules ${children.join(", ").replace(/\p{Cc}+/gu, " ")}. Export it to ONNX with torch.onnx.export, or save ` +
      `its state_dict() and give a description of its layers`,
  );
}

/** @throws InputError if a name is neither PyTorch's nor of a module's class */
function requireNothingElse(names: ReadonlySet<string>, classes: ReadonlySet<string>): void {
  const foreign = [...names].find((name) => !isKnownName(name) && !classes.has(name));
  if (foreign === undefined) return;
  throw new InputError(
    `it names ${JSON.stringify(foreign)}, which is no part of a network; nothing was run. ` +
      `Save the nn.Sequential or its state_dict alone, without anything attached to it`,
  );
}

/**
 * The tensors of a pickled `state_dict`.
 *
 * @throws InputError if it holds anything else
 */
export function pickledTensors(
  stateDict: ReadonlyMap<PickleValue, PickleValue>,
  names: ReadonlySet<string>,
): ReadonlyMap<string, Tensor> {
  requireNothingElse(names, new Set());
  const reader = new TensorReader();
  const tensors = new Map<string, Tensor>();
  for (const [name, value] of stateDict) {
    if (typeof name !== "string" || !(value instanceof StoredTensor)) {
      throw new InputError(
        `expected tensors alone, as in a state_dict, but ${typeof name === "string" ? shown(name) : "a key"} is none; ` +
          `save the network itself, or its state_dict() and nothing else`,
      );
    }
    tensors.set(name, reader.read(shown(name), value));
  }
  return tensors;
}

/** A file's own text, as messages quote it. */
const shown = (text: string) => JSON.stringify(text.slice(0, 100));

class Walk implements PickledModules {
  readonly modules: (Module | UnknownModule)[] = [];
  readonly tensors = new Map<string, Tensor>();
  /** Classes of the modules. */
  readonly classes = new Set<string>();
  /** What was not understood; a file that names what is no part of a network has another trouble. */
  doubt?: InputError;
  readonly #reader = new TensorReader();
  #visited = 0;

  sequence(sequential: PythonObject, path: string, depth: number): void {
    const children = partsOf(sequential, "_modules");
    requireNoHooks(sequential, path);
    this.#visited += children.size;
    if (depth > deepestNesting || this.#visited > mostModules) {
      throw new InputError(`expected at most ${mostModules} modules, nested at most ${deepestNesting} deep`);
    }
    for (const [key, child] of children) {
      const own = typeof key === "string" ? key : "";
      const childPath = path === "" ? own : `${path}.${own}`;
      if (!(child instanceof PythonObject) || !modulePath.test(childPath)) {
        throw new InputError(
          `its module ${shown(childPath)} is none, or has no proper name; save the nn.Sequential again`,
        );
      }
      if (isSequential(child)) this.sequence(child, childPath, depth + 1);
      else this.module(child, childPath);
    }
  }

  module(object: PythonObject, path: string): void {
    this.classes.add(object.className);
    const type = typeOf(object);
    if (!isModuleType(type)) {
      this.modules.push({ type, name: path });
      return;
    }
    requireNoHooks(object, path);
    this.#requireUnderstood(type, object, path);
    const given: Record<string, unknown> = {};
    for (const argument of Object.keys(moduleArguments[type])) {
      const value = attributesOf(object).get(argument);
      if (value instanceof StoredTensor) this.#read(path, argument, value);
      else if (value !== undefined) given[argument] = value;
    }
    for (const part of ["_parameters", "_buffers"]) {
      for (const [key, value] of partsOf(object, part)) {
        if (value !== null) this.#read(path, typeof key === "string" ? key : "", value);
      }
    }
    this.modules.push(checkModule(type, path, given));
  }

  #requireUnderstood(type: ModuleType, object: PythonObject, path: string): void {
    const name = unknownAttribute(type, attributesOf(object));
    if (name === undefined) return;
    this.doubt ??= new InputError(
      `${type} ${JSON.stringify(path)}: its attribute ${shown(name)} is not understood, and could change what it ` +
        `computes; delete it if it does not, and save the network again`,
    );
  }

  #read(path: string, part: string, value: PickleValue): void {
    const name = `${path}.${part}`;
    if (!(value instanceof StoredTensor)) {
      throw new InputError(`${shown(name)} is no tensor; save the network again`);
    }
    this.tensors.set(name, this.#reader.read(shown(name), value));
  }
}

const isSequential = ({ className }: PythonObject) => torchModuleType(className) === "Sequential";

/** The type of a module as descriptions name it; of a class that is not known, its full name. */
function typeOf(object: PythonObject): string {
  const { className } = object;
  const type =
    torchModuleType(className) ??
    ownClasses.get(className.slice(className.lastIndexOf(".") + 1)) ??
    className;
  return partsOf(object, "_modules").size === 0 ? type : className;
}

function attributesOf({ state }: PythonObject): ReadonlyMap<PickleValue, PickleValue> {
  return state instanceof Map ? state : new Map();
}

function partsOf(object: PythonObject, name: string): ReadonlyMap<PickleValue, PickleValue> {
  const parts = attributesOf(object).get(name);
  return parts instanceof Map ? parts : new Map();
}

/** Hooks are code that changes what a module computes. */
function requireNoHooks(object: PythonObject, path: string): void {
  const hooked = ["_forward_hooks", "_forward_pre_hooks"].find((hooks) => partsOf(object, hooks).size > 0);
  if (hooked === undefined) return;
  throw new InputError(
    `its module ${JSON.stringify(path)} has ${hooked.slice(1).replaceAll("_", " ")}, code that changes what it computes; ` +
      `remove them (torch.nn.utils.remove_weight_norm, for one) and save it again`,
  );
}
