/** A layer of the file, or an activation that one applies behind itself. */
export interface KerasLayer {
  /** Keras's class, without the package that registered it. */
  readonly className: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** A layer as the file has it. */
interface RawLayer {
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>> & { readonly name: string };
}

/** What an activation is, as a class and its config. */
type Activation = Omit<KerasLayer, "name"> & { readonly label: string };

/** `Custom>square` as `square`: Keras writes the package that registered a class or function before it. */
const withoutPackage = (name: string) => name.replace(/^.*>/s, "");

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const functionNamed = (name: string): Activation => {
  const activation = withoutPackage(name);
  return { className: "Activation", config: { activation }, label: activation };
};

/**
 * What a layer's field `activation` means: the name of a function, a function by its name
 * (`{ class_name: "function", config: "square" }`), or a layer (`{ class_name: "LeakyReLU", config: {…} }`). Whatever
 * else stands there becomes an activation of a name that is not known, and is refused as such.
 */
function activationOf(activation: unknown): Activation | undefined {
  if (activation === undefined || activation === null) return undefined;
  if (typeof activation === "string") {
    return activation === "linear" ? undefined : functionNamed(activation);
  }
  if (!isRecord(activation) || typeof activation.class_name !== "string") {
    return functionNamed("an activation without a name");
  }
  const { class_name, config } = activation;
  if (class_name === "function" && typeof config === "string") return activationOf(config);
  const className = withoutPackage(class_name);
  if (!isRecord(config)) return functionNamed(className);
  if (className === "Activation") return activationOf(config.activation);
  return { className, config, label: className };
}

/** A layer with an activation is two of ours, and so is a global pooling, which flattens too. */
export function partsOf({ class_name, config }: RawLayer): KerasLayer[] {
  const { name } = config;
  const className = withoutPackage(class_name);
  const activation = activationOf(config.activation);
  if (className === "Activation") {
    if (!activation) return [{ className, name, config: { ...config, activation: "linear" } }];
    return [{ className: activation.className, name, config: activation.config }];
  }
  const layer = { className, name, config };
  if (/^GlobalAveragePooling[12]D$/.test(className) && config.keepdims !== true) {
    return [layer, { className: "Flatten", name: `${name}.flatten`, config: {} }];
  }
  if (!activation) return [layer];
  const behind = { className: activation.className, config: activation.config };
  return [layer, { ...behind, name: `${name}.${activation.label}` }];
}
