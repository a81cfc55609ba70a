/** A picture in colour, on white where it is transparent, as viewers show it. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Writes red, green and blue of a pixel, counted row by row, from 0 to 1. */
  readPixel(pixel: number, rgb: Float64Array): void;
}
