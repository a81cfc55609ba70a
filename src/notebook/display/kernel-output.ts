import type { MimeBundle } from "./mime.js";

/** The content of a Jupyter `display_data` message. */
export interface DisplayMessage {
  readonly data: MimeBundle;
  /** By media type; a PNG's width and height in CSS pixels, for one. */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly transient: Readonly<Record<string, unknown>>;
}

/** Sends a message as output of the cell that ran when the writer was got. */
export type DisplayWriter = (message: DisplayMessage) => void;
