/** The files that cells read: those of the library's folder in the site, under the names that they have in a checkout. */

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

export interface Files {
  /** As Node's: bytes, or text where an encoding is given. */
  readFile(
    path: string | URL,
    options?: string | { readonly encoding?: string | null },
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
  const here = new URL(`${folder.replace(/^\/+|\/+$/g, "")}/`, `file://${root}`);
  return {
    async readFile(path, options) {
      const { pathname } = new URL(String(path), here);
      if (!pathname.startsWith(root))
        throw new FileError(
          `readFile: expected a file of the course, as "../models/lenet1/model.onnx", got "${String(path)}"; a page has no others`,
          "EACCES",
        );
      const response = await fetched(new URL(pathname.slice(root.length), library));
      if (!response.ok)
        throw new FileError(
          `ENOENT: no such file or directory, open '${String(path)}' (${response.status} at ${response.url})`,
          "ENOENT",
        );
      const bytes = new Uint8Array(await response.arrayBuffer());
      const encoding = typeof options === "string" ? options : options?.encoding;
      if (encoding === undefined || encoding === null) return bytes;
      return new TextDecoder(encoding === "binary" ? "latin1" : encoding).decode(bytes);
    },
    resolve(specifier) {
      if (specifier === "he-ml/package.json") return `${root}package.json`;
      throw new Error(
        `require.resolve: expected "he-ml/package.json", got "${specifier}"; a page has no other packages`,
      );
    },
  };
}
