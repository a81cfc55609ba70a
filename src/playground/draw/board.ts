import { button, make } from "../dom/make.js";
import { mostInk, side, type GreyImage } from "../state/grey-levels.js";
import { normalised } from "./normalise.js";

/** Side of the board, in its own pixels. */
const boardSide = 280;
const strokeWidth = 22;
/** How long after a stroke the next one may begin before the drawing is taken, in milliseconds. */
const pause = 350;

/** Where digits are drawn by mouse, pen or finger; it shows the image as the model sees it, beside. */
export interface DrawingBoard {
  readonly element: HTMLElement;
  /** Shows an image that was not drawn here. */
  show(image: GreyImage | undefined): void;
}

/** @param onDrawn called when a stroke has ended, and with undefined when the board was cleared */
export function drawingBoard(onDrawn: (image: GreyImage | undefined) => void): DrawingBoard {
  const canvas = make("canvas", {
    class: "board",
    ...{ width: boardSide, height: boardSide, role: "img" },
    "aria-label":
      "Board to draw a digit on, by mouse, pen or finger. By keyboard, take one of the ten digits below.",
  });
  const seen = make("canvas", { class: "seen", width: side, height: side, role: "img" });
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  let last: { readonly x: number; readonly y: number } | undefined;
  let waiting = 0;
  /** What is on the board was shown, and a stroke begins afresh. */
  let isShown = true;

  const clear = () => {
    context.fillStyle = "#fff";
    context.fillRect(0, 0, boardSide, boardSide);
  };
  const seenAs = (image: GreyImage | undefined) => {
    drawPixels(seen, image ?? []);
    seen.setAttribute("aria-label", image ? "The digit in 28 × 28 pixels" : "No digit yet");
  };
  const placeOf = ({ clientX, clientY }: PointerEvent) => {
    const { left, top, width } = canvas.getBoundingClientRect();
    const scale = boardSide / width;
    return { x: (clientX - left) * scale, y: (clientY - top) * scale };
  };
  const lineTo = (event: PointerEvent) => {
    const place = placeOf(event);
    context.strokeStyle = "#000";
    context.lineWidth = strokeWidth;
    context.lineCap = "round";
    context.lineJoin = "round";
    context.beginPath();
    context.moveTo(last?.x ?? place.x, last?.y ?? place.y);
    context.lineTo(place.x, place.y);
    context.stroke();
    last = place;
  };
  const take = () => {
    const { data } = context.getImageData(0, 0, boardSide, boardSide);
    const ink = Float32Array.from({ length: boardSide ** 2 }, (_, i) => 1 - data[4 * i] / 255);
    const image = normalised({ side: boardSide, ink });
    seenAs(image);
    onDrawn(image);
  };

  canvas.addEventListener("pointerdown", (event) => {
    clearTimeout(waiting);
    if (isShown) clear();
    isShown = false;
    canvas.setPointerCapture(event.pointerId);
    lineTo(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (last) lineTo(event);
  });
  for (const end of ["pointerup", "pointercancel"] as const) {
    canvas.addEventListener(end, () => {
      if (!last) return;
      last = undefined;
      waiting = window.setTimeout(take, pause);
    });
  }
  const cleared = () => {
    clearTimeout(waiting);
    clear();
    isShown = true;
    seenAs(undefined);
    onDrawn(undefined);
  };
  clear();
  seenAs(undefined);
  const figure = make(
    "figure",
    { class: "seen-figure" },
    seen,
    make("figcaption", {}, "as the model sees it"),
  );
  return {
    element: make("div", { class: "drawing" }, canvas, make("div", {}, figure, button("Clear", cleared))),
    show(image) {
      clear();
      isShown = true;
      seenAs(image);
      if (image) context.drawImage(smoothed(image), 0, 0, boardSide, boardSide);
    },
  };
}

/** Ink on paper, whatever the page's colours are: it is a picture. */
function drawPixels(canvas: HTMLCanvasElement, image: GreyImage): void {
  const context = canvas.getContext("2d")!;
  const pixels = context.createImageData(side, side);
  for (let i = 0; i < side * side; i++) {
    const grey = 255 * (1 - (image[i] ?? 0) / mostInk);
    pixels.data.set([grey, grey, grey, 255], 4 * i);
  }
  context.putImageData(pixels, 0, 0);
}

function smoothed(image: GreyImage): HTMLCanvasElement {
  const canvas = make("canvas", { width: side, height: side });
  drawPixels(canvas, image);
  return canvas;
}

/** A small picture of an image, for a button. */
export function thumbnail(image: GreyImage): HTMLCanvasElement {
  const canvas = make("canvas", { class: "thumbnail", width: side, height: side, "aria-hidden": "true" });
  drawPixels(canvas, image);
  return canvas;
}
