/** The files that cells read: those of the library's folder in the site, under the names that they have in a checkout. */
import { uint8ArrayToBase64 } from "uint8array-extras";

/** Where the checkout seems to be. */
const root = "/he-ml/";

/** A file that cannot be read, with Node's code for why. */
export class FileError extends Error {
  override readonly name = "FileError";
  constructor(
    message: string,
    readonly code: "ENOENT" | "EACCES",
  ) {
    super(message);
  }
}

/** Texts of bytes by Node's names for encodings (https://nodejs.org/api/buffer.html#buffers-and-character-encodings). */
const decoders: Readonly<Record<string, (bytes: Uint8Array) => string>> = {
  utf8: (bytes) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes),
  // A browser's latin1 is windows-1252
  latin1: (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""),
  base64: (bytes) => uint8ArrayToBase64(bytes),
};
const aliases: Readonly<Record<string, string>> = { "utf-8": "utf8", binary: "latin1" };

function decoderOf(encoding: string): (bytes: Uint8Array) => string {
  const name = encoding.toLowerCase();
  const decoder = decoders[aliases[name] ?? name];
  if (decoder) return decoder;
  throw new TypeError(
    `readFile: expected the encoding ${Object.keys(decoders).join(", ")}, got "${encoding}"; leave it out to get bytes`,
  );
}

/** A file's bytes, whose text is that of the file, as with Node's Buffer. */
class FileBytes extends Uint8Array {
  override toString(encoding = "utf8"): string {
    return decoderOf(encoding)(this);
  }
}

export interface Files {
  /** As Node's: bytes, or text where an encoding is given. */
  readFile(
    path: string | URL,
    options?: string | { readonly encoding?: string | null } | null,
  ): Promise<Uint8Array | string>;
  /** Of the package, its description. */
  resolve(specifier: string): string;
}

/**
 * @param library address of the library's folder, which ends in `/` and holds `models/` and `notebooks/parameters/`
 * @param folder the notebook's, as `notebooks/exercises`
 * @param fetched fetches a file
 * @example await filesOf("https://example.org/lib/", "notebooks").readFile("../models/lenet1/model.onnx")
 */
export function filesOf(library: string, folder: string, fetched: typeof fetch = fetch): Files {
  const here = new URL(`file://${asAddress(`${root}${folder}/`)}`);
  return {
    async readFile(path, options) {
      const encoding = typeof options === "string" ? options : options?.encoding;
      const decode = encoding === undefined || encoding === null ? undefined : decoderOf(encoding);
      const { protocol, host, pathname } =
        path instanceof URL ? path : new URL(asAddress(String(path)), here);
      if (protocol !== "file:" || host !== "" || !pathname.startsWith(root))
        throw new FileError(
          `readFile: expected a file of the course, as "../models/lenet1/model.onnx", got "${String(path)}"; a page has no others`,
          "EACCES",
        );
      const response = await fetched(new URL(`./${pathname.slice(root.length)}`, library));
      if (!response.ok)
        throw new FileError(
          `ENOENT: no such file or directory, open '${String(path)}' (${response.status} at ${response.url})`,
          "ENOENT",
        );
      const bytes = new FileBytes(await response.arrayBuffer());
      return decode ? decode(bytes) : bytes;
    },
    resolve(specifier) {
      if (specifier === "he-ml/package.json") return `${root}package.json`;
      throw new Error(
        `require.resolve: expected "he-ml/package.json", got "${specifier}"; a page has no other packages`,
      );
    },
  };
}

/** A path in the form of an address, in which no character of it means more than itself, and no two slashes are a host. */
const asAddress = (path: string): string => {
  const characters: Readonly<Record<string, string>> = {
    "%": "%25",
    "?": "%3F",
    "#": "%23",
    "\\": "%5C",
    ":": "%3A",
  };
  return path.replaceAll(/[%?#\\:]/g, (found) => characters[found]!).replaceAll(/\/+/g, "/");
};
