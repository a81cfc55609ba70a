import type { NodeProto } from "onnx-buf";
import { InputError } from "../../errors.js";
import { channelMapLayer, foldedBehind, type ChannelMap } from "../../model/channel-map.js";
import { definitionOf } from "../../model/layers.js";
import { isWeighted, layerOutputShape, type NetworkLayer } from "../../model/model.js";
import { polynomialLayer } from "../../model/polynomial.js";
import { squareLayer } from "../../model/square.js";
import type { Shape } from "../../tensor/tensor.js";
import { mostWeights, requireManageable } from "../limits.js";
import { describeNode } from "./graph.js";
import { ownLayout, type Layout } from "../layout.js";
import { LayerNames } from "./names.js";
import { identity, isIdentity, isUniform, trimmed, type Polynomial } from "./polynomial.js";
import { describeLayer, type Padding } from "../../model/layer.js";

/** A value of the graph that depends on the image: an element-wise polynomial of what some layer gives. */
export interface ImageValue {
  /** How many layers lie before it. */
  readonly base: number;
  readonly polynomial: Polynomial;
  /** The nodes that made the polynomial. */
  readonly makers: readonly NodeProto[];
  readonly layout: Layout;
  /** Zeros that a `Pad` node leaves to the average pooling behind it. */
  readonly poolPadding?: Padding;
}

/** A larger network could not be encrypted anyway. */
const mostLayers = 10_000;

/**
 * The layers of a graph that is one chain. Values that nodes add, multiply and scale element by element are
 * gathered in polynomials, so that `x * x`, a batch normalization and `0.5 * x ** 2 + x` become one layer each.
 */
export class Chain {
  readonly layers: NetworkLayer[] = [];
  /** Of one image behind the last layer. */
  shape: Shape;
  readonly #modelName: string;
  readonly #nodes: readonly NodeProto[];
  readonly #names: LayerNames;
  readonly #values = new Map<string, ImageValue>();
  /** Of every value there ever was: shapes may be asked for at any time. */
  readonly #layouts = new Map<string, Layout>();
  /** How many inputs still read a value. */
  readonly #readers = new Map<string, number>();
  #weights = 0;

  constructor(modelName: string, nodes: readonly NodeProto[], output: string, inputShape: Shape) {
    this.#modelName = modelName;
    this.#nodes = nodes;
    this.#names = new LayerNames(nodes);
    requireManageable(`model "${modelName}": its input`, inputShape);
    this.shape = inputShape;
    const readers = nodes.filter(({ opType }) => opType !== "Shape");
    for (const name of [...readers.flatMap(({ input }) => input), output]) {
      this.#readers.set(name, (this.#readers.get(name) ?? 0) + 1);
    }
  }

  /** Gives a value its name. What several nodes read becomes a layer first, where that is possible. */
  set(name: string, value: ImageValue, maker: string): void {
    if (this.#layouts.has(name)) {
      throw new InputError(
        `model "${this.#modelName}": ${maker} gives ${JSON.stringify(name)}, which is there already; the file is ` +
          `damaged, export it again`,
      );
    }
    const readers = this.#readers.get(name) ?? 0;
    const settled = readers > 1 && !this.isShared(value) ? this.settle(value, maker) : value;
    if (readers > 0) this.#values.set(name, settled);
    this.#layouts.set(name, value.layout);
  }

  /** The layout of the value of that name, whether or not it was read since; undefined if it is no such value. */
  layoutOf(name: string): Layout | undefined {
    return this.#layouts.get(name);
  }

  /** The value of that name, which one of its readers has now read; undefined if it is no such value. */
  read(name: string): ImageValue | undefined {
    const value = this.#values.get(name);
    const readers = (this.#readers.get(name) ?? 1) - 1;
    this.#readers.set(name, readers);
    if (readers === 0) this.#values.delete(name);
    return value;
  }

  /** Whether other nodes will read what the value is made of. */
  isShared({ base }: ImageValue): boolean {
    return this.#sharedName(base) !== undefined;
  }

  #sharedName(base: number): string | undefined {
    for (const [name, value] of this.#values) if (value.base === base) return name;
    return undefined;
  }

  /**
   * Makes a value's polynomial a layer, or part of the one before it.
   *
   * @param reader names what needs it
   * @throws InputError if another node needs the value, or one of those that it is made of
   */
  settle(value: ImageValue, reader: string): ImageValue {
    this.#requireUnshared(value, reader);
    if (isIdentity(value.polynomial)) return value;
    const polynomial = trimmed(value.polynomial);
    const { makers } = value;
    if (polynomial.length < 2) {
      throw new InputError(`${describeNode(makers.at(-1)!)}: it gives the same value for every image`);
    }
    const last = this.layers.at(-1);
    if (polynomial.length === 2 && last && isWeighted(last)) {
      const { outputs } = definitionOf(last).weightChannels(last);
      this.layers[this.layers.length - 1] = foldedBehind(last, channelMapOf(polynomial, outputs));
    } else if (isUniform(polynomial)) {
      this.#appendActivation(polynomial, makers);
    } else if (polynomial.length === 2) {
      this.append("scale", makers, (name, shape) =>
        channelMapLayer(`scale "${name}"`, name, channelMapOf(polynomial, shape[0]), shape),
      );
    } else {
      throw new InputError(
        `${describeNode(makers.at(-1)!)}: expected the same coefficients for every value, got others for each ` +
          `channel; only polynomials that treat all values alike are supported`,
      );
    }
    return { base: this.layers.length, polynomial: identity, makers: [], layout: value.layout };
  }

  #requireUnshared({ base }: ImageValue, reader: string): void {
    const shared = this.#sharedName(base);
    if (shared !== undefined) {
      const later = this.#nodes.findLast(({ input }) => input.includes(shared));
      throw this.notAChain(
        `${JSON.stringify(shared)} goes into ${reader} and again into ${later ? describeNode(later) : "the output"}`,
      );
    }
    if (base !== this.layers.length) {
      throw this.notAChain(`${reader} takes a value from before ${JSON.stringify(this.layers.at(-1)!.name)}`);
    }
  }

  notAChain(what: string): InputError {
    return new InputError(
      `model "${this.#modelName}": ${what}; only models whose layers form one chain are supported, without ` +
        `branches or residual connections`,
    );
  }

  #appendActivation(polynomial: Polynomial, makers: readonly NodeProto[]): void {
    const coefficients = polynomial.map(([coefficient]) => coefficient);
    const isSquare = coefficients.join() === "0,0,1";
    this.append(isSquare ? "square" : "polynomial", makers, (name) =>
      isSquare ? squareLayer({ name }) : polynomialLayer({ name, coefficients }),
    );
  }

  /**
   * Appends a layer.
   *
   * @param prefix names it where its makers have no name
   * @returns its output in our own order of axes
   */
  append(
    prefix: string,
    makers: readonly NodeProto[],
    make: (name: string, inputShape: Shape) => NetworkLayer,
  ): ImageValue {
    const layer = make(this.#names.next(prefix, makers), this.shape);
    this.shape = layerOutputShape(layer, this.shape);
    requireManageable(describeLayer(layer), this.shape);
    this.layers.push(layer);
    if ("weights" in layer) this.#weights += layer.weights.data.length;
    if (this.layers.length > mostLayers || this.#weights > mostWeights) {
      throw new InputError(
        `model "${this.#modelName}": expected at most ${mostLayers} layers and ${mostWeights} weights; ` +
          `a larger model cannot be encrypted`,
      );
    }
    return { base: this.layers.length, polynomial: identity, makers: [], layout: ownLayout(this.shape) };
  }
}

/** A polynomial of degree 1 as a map of so many channels; what it says once holds for all of them. */
function channelMapOf([offset, gain]: Polynomial, channels: number): ChannelMap {
  const each = (values: Float64Array) =>
    values.length === channels ? values : new Float64Array(channels).fill(values[0]);
  return { gains: each(gain), offsets: each(offset) };
}
