import { decode } from "jpeg-js";
import type { Picture } from "./picture.js";

const mostMebibytes = 1024;

/**
 * Decodes a JPEG, turned as its camera says.
 *
 * @param mostPixels more are refused before anything is decoded
 * @throws Error saying what is wrong with it
 */
export function decodeJpeg(bytes: Uint8Array, mostPixels: number): Picture {
  const { width, height } = sizeOfFrame(bytes);
  if (width * height > mostPixels) {
    throw new Error(
      `it has ${width}×${height} pixels, more than ${mostPixels.toLocaleString("en-US")}; make it smaller`,
    );
  }
  const decoded = decode(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    maxResolutionInMP: Math.ceil(mostPixels / 1e6),
    maxMemoryUsageInMB: mostMebibytes,
  });
  const { data } = decoded;
  const readPixel = (pixel: number, rgb: Float64Array): void => {
    for (let i = 0; i < 3; i++) rgb[i] = data[3 * pixel + i] / 255;
  };
  return turned({ width: decoded.width, height: decoded.height, readPixel }, orientationOf(bytes));
}

interface Segment {
  readonly marker: number;
  readonly data: Uint8Array;
}

const startOfScan = 0xda;

/** Segments before the pixels. Format: https://www.w3.org/Graphics/JPEG/itu-t81.pdf, appendix B */
function* segmentsOf(bytes: Uint8Array): Generator<Segment> {
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1];
    if (marker === 0xff) {
      at++;
      continue;
    }
    const length = bytes[at + 2] * 256 + bytes[at + 3];
    if (length < 2 || at + 2 + length > bytes.length) throw new Error("it is cut off");
    if (marker === startOfScan) return;
    yield { marker, data: bytes.subarray(at + 4, at + 2 + length) };
    at += 2 + length;
  }
  throw new Error("it is cut off");
}

/** Of the frame's header: 0xC0 to 0xCF without those of tables. */
function sizeOfFrame(bytes: Uint8Array): { readonly width: number; readonly height: number } {
  const frames = [...segmentsOf(bytes)].filter(
    ({ marker }) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker),
  );
  if (frames.length !== 1 || frames[0].data.length < 6) throw new Error("it has no header, or several");
  const [{ data }] = frames;
  const [height, width] = [data[1] * 256 + data[2], data[3] * 256 + data[4]];
  if (width === 0 || height === 0) throw new Error(`it has ${width}×${height} pixels`);
  return { width, height };
}

const orientationTag = 0x0112;

/** How the camera was held, from 1 (upright) to 8, by Exif; 1 where the file does not say it. */
function orientationOf(bytes: Uint8Array): number {
  const exif = [...segmentsOf(bytes)].find(
    ({ marker, data }) =>
      marker === 0xe1 && Buffer.from(data.subarray(0, 6)).toString("latin1") === "Exif\0\0",
  );
  if (!exif) return 1;
  const tiff = exif.data.subarray(6);
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.length);
  try {
    const little = view.getUint16(0) === 0x4949;
    const directory = view.getUint32(4, little);
    const entries = view.getUint16(directory, little);
    for (let entry = 0; entry < entries; entry++) {
      const at = directory + 2 + 12 * entry;
      if (view.getUint16(at, little) !== orientationTag) continue;
      const value = view.getUint16(at + 8, little);
      return value >= 1 && value <= 8 ? value : 1;
    }
  } catch (error) {
    // Notes of a camera that lead nowhere do no harm to the picture.
    if (!(error instanceof RangeError)) throw error;
  }
  return 1;
}

/** A picture as it is to be seen: rows and columns exchanged from 5 on, and turned around by the others. */
function turned(picture: Picture, orientation: number): Picture {
  if (orientation === 1) return picture;
  const isSideways = orientation >= 5;
  const [width, height] = isSideways ? [picture.height, picture.width] : [picture.width, picture.height];
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const fromBelow = [3, 4, 6, 7].includes(orientation);
  return {
    width,
    height,
    readPixel(pixel, rgb) {
      const [row, column] = [Math.floor(pixel / width), pixel % width];
      const [y, x] = isSideways ? [column, row] : [row, column];
      const sourceRow = fromBelow ? picture.height - 1 - y : y;
      const sourceColumn = fromRight ? picture.width - 1 - x : x;
      picture.readPixel(sourceRow * picture.width + sourceColumn, rgb);
    },
  };
}
