import type { NodeProto } from "onnx-buf";
import { InputError } from "../../errors.js";
import {
  canFoldBefore,
  channelMapLayer,
  composed,
  foldedBefore,
  foldedBehind,
  identityMap,
  type ChannelMap,
} from "../../model/channel-map.js";
import { flattenLayer } from "../../model/flatten.js";
import { describeLayer, type Padding } from "../../model/layer.js";
import { definitionOf } from "../../model/layers.js";
import { linearLayer } from "../../model/linear.js";
import { isWeighted, layerOutputShape, type NetworkLayer } from "../../model/model.js";
import { polynomialLayer } from "../../model/polynomial.js";
import { squareLayer } from "../../model/square.js";
import { unflattenLayer } from "../../model/unflatten.js";
import { sizeOf, type Shape, type Tensor } from "../../tensor/tensor.js";
import { ownLayout, type Layout } from "../layout.js";
import { mostWeights, requireManageable } from "../limits.js";
import { describeNode } from "./describe-node.js";
import { LayerNames } from "./names.js";
import { identity, isIdentity, isUniform, spread, trimmed, type Polynomial } from "./polynomial.js";

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

/** A second of work, and less than a gigabyte. */
const mostHandled = 2 ** 26;

/** Layers that only pass values on, in their row-major order. */
const passing: ReadonlySet<NetworkLayer["kind"]> = new Set(["flatten", "unflatten", "identity"]);

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
  /** Factors and offsets behind the last layer that are to go into the next one, where it has weights that take them. */
  #held?: { readonly map: ChannelMap; readonly makers: readonly NodeProto[] };
  #weights = 0;
  #handled = 0;

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

  /** The nodes that will read what the value is made of. */
  otherReaders({ base }: ImageValue): NodeProto[] {
    const names = [...this.#values].filter(([, value]) => value.base === base).map(([name]) => name);
    return this.#nodes.filter(({ input }) => names.some((name) => input.includes(name)));
  }

  /**
   * Makes a value's polynomial a layer, or part of the one before it.
   *
   * @param reader names what needs it
   * @throws InputError if another node needs the value, or one of those that it is made of
   */
  settle(value: ImageValue, reader: string): ImageValue {
    this.requireUnshared(value, reader);
    if (isIdentity(value.polynomial)) return value;
    const polynomial = trimmed(value.polynomial);
    const { makers } = value;
    if (polynomial.length < 2) {
      throw new InputError(`${describeNode(makers.at(-1)!)}: it gives the same value for every image`);
    }
    if (polynomial.length === 2 && this.#foldsBehind(polynomial, makers)) return this.#asLayer(value.layout);
    if (isUniform(polynomial)) {
      this.#appendActivation(polynomial, makers);
    } else if (polynomial.length === 2) {
      this.#hold(polynomial, makers);
    } else {
      throw new InputError(
        `${describeNode(makers.at(-1)!)}: expected the same coefficients for every value, got others for each ` +
          `channel; only polynomials that treat all values alike are supported`,
      );
    }
    return this.#asLayer(value.layout);
  }

  /** A value that is what the last layer gives. */
  #asLayer(layout: Layout): ImageValue {
    return { base: this.layers.length, polynomial: identity, makers: [], layout };
  }

  /** Whether a polynomial of degree 1 could go into what is there already. */
  #foldsBehind(polynomial: Polynomial, makers: readonly NodeProto[]): boolean {
    if (this.#held) {
      this.#hold(polynomial, makers);
      return true;
    }
    const last = this.layers.at(-1);
    if (!last || !isWeighted(last)) return false;
    const { outputs } = definitionOf(last).weightChannels(last);
    if (polynomial.some(({ length }) => length > outputs)) return false;
    this.layers[this.layers.length - 1] = foldedBehind(last, channelMapOf(polynomial, outputs));
    return true;
  }

  /** Keeps a polynomial of degree 1 for the layer to come. */
  #hold(polynomial: Polynomial, makers: readonly NodeProto[]): void {
    const before = this.#held;
    const lengths = [before?.map.gains.length ?? 1, ...polynomial.map((values) => values.length)];
    const longest = Math.max(...lengths);
    const count = lengths.every((length) => longest % length === 0) ? longest : sizeOf(this.shape);
    const inner = before ? spreadMap(before.map, count) : identityMap(count);
    const map = composed(channelMapOf(polynomial, count), inner);
    this.#held = { map, makers: [...(before?.makers ?? []), ...makers] };
  }

  /** Makes a layer of what is held for the next one. */
  finish(): void {
    if (!this.#held) return;
    const { map, makers } = this.#held;
    this.#held = undefined;
    const { shape } = this;
    const isOfChannels = shape[0] % map.gains.length === 0 && (shape.length === 1 || shape.length === 3);
    const whole = spreadMap(map, isOfChannels ? shape[0] : sizeOf(shape));
    const name = this.#names.next("scale", makers);
    const make = (input: Shape) => channelMapLayer(`scale "${name}"`, name, whole, input);
    if (isOfChannels) this.#push(make(shape));
    else this.#pushOnFeatures(make, shape);
  }

  /** @throws InputError if others need the value, or it is not what the last layer gives */
  requireUnshared({ base }: ImageValue, reader: string): void {
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

  /**
   * Counts numbers that nodes have us handle one by one, where each node may ask for many.
   *
   * @throws InputError beyond what a model that can be encrypted needs
   */
  spend(count: number): void {
    this.#handled += count;
    if (this.#handled <= mostHandled) return;
    throw new InputError(
      `model "${this.#modelName}": its constants and reshapings take more than ${mostHandled} numbers to be worked out; ` +
        `export it with constant folding, or for smaller images`,
    );
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
    this.#push(make(this.#names.next(prefix, makers), this.shape));
    return this.#asLayer(ownLayout(this.shape));
  }

  /**
   * Appends a linear layer of all values, flattened, whose outputs get a shape.
   *
   * @param weights `[outputs, values]`
   * @param bias `[outputs]`
   */
  appendLinearMap(
    makers: readonly NodeProto[],
    weights: Tensor,
    bias: Tensor | undefined,
    outputShape: Shape,
  ): ImageValue {
    const name = this.#names.next("fc", makers);
    this.#pushOnFeatures(() => linearLayer({ name, weights, bias }), outputShape);
    return this.#asLayer(ownLayout(this.shape));
  }

  #pushOnFeatures(make: (inputShape: Shape) => NetworkLayer, outputShape: Shape): void {
    if (this.shape.length !== 1) this.#push(flattenLayer({ name: this.#names.next("flatten", []) }));
    this.#push(make(this.shape));
    if (outputShape.length !== 1) {
      this.#push(unflattenLayer({ name: this.#names.next("unflatten", []), shape: outputShape }));
    }
  }

  #push(layer: NetworkLayer): void {
    const shape = layerOutputShape(layer, this.shape);
    requireManageable(describeLayer(layer), shape);
    const whole = this.#withHeld(layer);
    this.shape = shape;
    this.layers.push(whole);
    if ("weights" in whole) this.#weights += whole.weights.data.length;
    if (this.layers.length > mostLayers || this.#weights > mostWeights) {
      throw new InputError(
        `model "${this.#modelName}": expected at most ${mostLayers} layers and ${mostWeights} weights; ` +
          `a larger model cannot be encrypted`,
      );
    }
  }

  /** The layer with what is held for it, where it can take that; else that has become a layer before it. */
  #withHeld(layer: NetworkLayer): NetworkLayer {
    if (!this.#held || passing.has(layer.kind)) return layer;
    const { map } = this.#held;
    const channels = layer.kind === "linear" ? layer.weights.shape[1] : this.shape[0];
    if (isWeighted(layer) && channels % map.gains.length === 0 && canFoldBefore(layer, map)) {
      this.#held = undefined;
      return foldedBefore(map, layer);
    }
    this.finish();
    return layer;
  }
}

const spreadMap = ({ gains, offsets }: ChannelMap, count: number): ChannelMap => ({
  gains: spread(gains, count),
  offsets: spread(offsets, count),
});

/** A polynomial of degree 1 as a map of so many channels; what it says once holds for all of them. */
const channelMapOf = ([offset, gain]: Polynomial, channels: number): ChannelMap =>
  spreadMap({ gains: gain, offsets: offset }, channels);
