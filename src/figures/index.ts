import { isObject, requireArgument } from "../he-ml/arguments.js";
import { InputError } from "../he-ml/errors.js";
import { figures } from "./all.js";
import { panelsOf } from "./figure-outputs.js";
import { measure, type MeasureOptions } from "./measure-figure.js";
import type { FigureData, FigurePanel, FigureTable, ResearchFigure } from "./research-figure.js";

export { figures } from "./all.js";
export { csv } from "./csv.js";
export { type Manifest } from "./manifest.js";
export { type KeptSteps, type MeasureOptions } from "./measure-figure.js";
export {
  type FigureData,
  type FigurePanel,
  type FigureRun,
  type FigureTable,
  type Json,
  type Repeated,
  type ResearchFigure,
} from "./research-figure.js";
export { FiguresError, runFigures, type RunFiguresOptions } from "./run-figures.js";

/**
 * Measures what a research figure shows.
 *
 * @param name one of {@link figures}
 * @throws InputError if there is no such figure, or a seed or repeats are no whole number in their range
 * @throws the signal's reason when it aborts
 * @example
 * const data = await measureFigure("scale-and-level", { quick: true });
 * const [panel] = drawFigure("scale-and-level", data);
 */
export async function measureFigure(name: string, options: MeasureOptions = {}): Promise<FigureData> {
  return measure(requireFigureName("measureFigure", name), options);
}

/**
 * Draws a research figure from its data alone: its panels; one that stands alone has the name "".
 *
 * @throws InputError if there is no such figure, or the data is none that `measureFigure` gives
 * @example const [{ figure }] = drawFigure("scale-and-level", data); // then renderSvg(figure) of he-ml/viz
 */
export function drawFigure(name: string, data: FigureData): FigurePanel[] {
  return panelsOf(requireFigureName("drawFigure", name), requireData("drawFigure", data));
}

/**
 * A research figure's data as rows, as its CSV file has them.
 *
 * @throws InputError if there is no such figure, or the data is none that `measureFigure` gives
 * @example csv(figureTable("scale-and-level", data))
 */
export function figureTable(name: string, data: FigureData): FigureTable {
  return requireFigureName("figureTable", name).table(requireData("figureTable", data));
}

function requireFigureName(operation: string, name: string): ResearchFigure {
  const figure = figures.find((figure) => figure.name === name);
  requireArgument(operation, typeof name === "string", "the name of a figure", name);
  if (figure) return figure;
  throw new InputError(
    `${operation}: expected one of ${figures.map(({ name }) => name).join(", ")}, got ${JSON.stringify(name)}`,
  );
}

function requireData(operation: string, data: FigureData): FigureData {
  const isData = isObject(data) && "exact" in data && "measured" in data;
  requireArgument(operation, isData, "{ exact, measured } of the same figure; measureFigure gives it", data);
  return data;
}
