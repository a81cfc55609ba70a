import type { ResearchFigure } from "./research-figure.js";

/** Every research figure, in the order of the gallery. */
export const figures: readonly ResearchFigure[] = [];
