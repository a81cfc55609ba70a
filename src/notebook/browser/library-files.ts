/** The files of the library's folder that are kept for use without a network; paths within the folder. */
export interface LibraryFiles {
  /** Changes with any of the files. */
  readonly version: string;
  /** Kept when a page asks for it. */
  readonly essential: readonly string[];
  /** Kept once they were used. */
  readonly further: readonly string[];
}
