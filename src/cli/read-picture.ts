import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../he-ml/errors.js";
import { readUserFile } from "../he-ml/node/files/user-file.js";
import { decodeJpeg } from "./jpeg.js";
import type { Picture } from "./picture.js";
import { decodePng } from "./png.js";

const largestFileMebibytes = 32;
/** A photograph of a telephone has 12 million. */
const mostPixels = 2 ** 24;

/**
 * Reads a PNG or JPEG file.
 *
 * @throws InputError if it cannot be read, is neither, is damaged, or has over 32 MiB or 2^24 pixels; or if it is an
 *   interlaced PNG with fewer than 8 bits a sample, which the decoder takes for 8
 */
export async function readPicture(path: string): Promise<Picture> {
  const bytes = await readUserFile("--image", path, largestFileMebibytes);
  try {
    return isJpeg(bytes) ? decodeJpeg(bytes, mostPixels) : decodePng(bytes, mostPixels);
  } catch (error) {
    throw new InputError(
      `--image: "${path}" cannot be used: ${(error as Error).message}; expected a PNG or JPEG picture, save it as one`,
    );
  }
}

const isJpeg = (bytes: Uint8Array) => bytes[0] === 0xff && bytes[1] === 0xd8;

/** The pictures of a folder by their names, or the one that is named. @throws InputError if the folder has none */
export async function picturePaths(path: string): Promise<string[]> {
  const status = await stat(path).catch(() => undefined);
  if (!status?.isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => /\.(png|jpe?g)$/i.test(name)).sort();
  if (names.length > 0) return names.map((name) => join(path, name));
  throw new InputError(
    `--image: there is no picture in "${path}"; expected files ending in .png, .jpg or .jpeg`,
  );
}
