import { InputError } from "../../errors.js";
import { formatShape, sizeOf, type Shape } from "../../tensor/tensor.js";
import { fileShape } from "../layout.js";
import type { ImageValue } from "./chain.js";
import { isImageValue, type Context } from "./context.js";
import type { Constant } from "./constants.js";
import { describeNode } from "./describe-node.js";
import { broadcastShape } from "./fold-inputs.js";
import { appendSums } from "./linear-maps.js";

/** Matrices one after the other, as NumPy's `matmul` takes them: a row or a column where there is one axis only. */
interface Matrices {
  readonly lead: Shape;
  readonly rows: number;
  readonly columns: number;
}

function matricesOf(shape: Shape, oneAxis: "row" | "column"): Matrices {
  if (shape.length === 1) {
    return oneAxis === "row"
      ? { lead: [], rows: 1, columns: shape[0] }
      : { lead: [], rows: shape[0], columns: 1 };
  }
  return { lead: shape.slice(0, -2), rows: shape.at(-2)!, columns: shape.at(-1)! };
}

/** Which of the matrices of a shape meets the one at a position among those that it is broadcast to. */
function leadIndex(position: number, broadcast: Shape, lead: Shape): number {
  let [rest, index, step] = [position, 0, 1];
  for (let axis = broadcast.length - 1; axis >= 0; axis--) {
    const at = rest % broadcast[axis];
    rest = Math.floor(rest / broadcast[axis]);
    const size = lead[axis - broadcast.length + lead.length];
    if (size === undefined) continue;
    index += (size === 1 ? 0 : at) * step;
    step *= size;
  }
  return index;
}

/**
 * A product of matrices within each image and a constant, on either side, by NumPy's rules.
 *
 * @throws InputError if images of the batch would be added up
 */
export function imageMatrixProduct(context: Context, operand: ImageValue, constant: Constant): ImageValue {
  const { node, inputs, chain } = context;
  const value = chain.settle(operand, describeNode(node));
  const sizes = fileShape(value.layout);
  const isLeft = isImageValue(inputs[0]);
  const image = matricesOf(sizes, "row");
  // The axis of the batch is among those that lead.
  const other = matricesOf(constant.shape, isLeft ? "column" : "row");
  const [a, b] = isLeft ? [image, other] : [other, image];
  const [batch, ...constantLead] = [
    ...Array<number>(Math.max(0, image.lead.length + 1 - other.lead.length)).fill(1),
    ...other.lead,
  ];
  if (sizes.length < 2 || batch !== 1 || constantLead.length !== image.lead.length || a.columns !== b.rows) {
    throw new InputError(
      `${describeNode(node)}: expected to multiply matrices within each image of ${formatShape(sizes)}, got a constant ` +
        `of ${formatShape(constant.shape)}; flatten images before a linear layer`,
    );
  }
  const lead = broadcastShape(node, [image.lead, constantLead]);
  const [m, n, inner] = [a.rows, b.columns, a.columns];
  const outputShape = [
    ...lead,
    ...(!isLeft && constant.shape.length === 1 ? [] : [m]),
    ...(isLeft && constant.shape.length === 1 ? [] : [n]),
  ];
  if (outputShape.length === 0) {
    throw new InputError(`${describeNode(node)}: leaves no axis behind the batch; multiply by a matrix`);
  }
  const imageSize = image.rows * image.columns;
  const otherSize = other.rows * other.columns;
  return appendSums(context, value, outputShape, (output) => {
    const position = Math.floor(output / (m * n));
    const [row, column] = [Math.floor(output / n) % m, output % n];
    const imageStart = leadIndex(position, lead, image.lead) * imageSize;
    const otherStart = leadIndex(position, lead, constantLead) * otherSize;
    const left = (k: number) => row * inner + k;
    const right = (k: number) => k * n + column;
    const [own, their] = isLeft ? [left, right] : [right, left];
    return {
      inputs: Array.from({ length: inner }, (_, k) => imageStart + own(k)),
      weight: (k) => constant.data[otherStart + their(k)],
    };
  });
}

/** Whether a value is a row of features, which a matrix multiplies. */
export const isRow = ({ layout }: ImageValue, { shape }: Constant): boolean =>
  fileShape(layout).length === 1 && shape.length === 2 && sizeOf(shape) > 0;
