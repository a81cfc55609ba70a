import type { FullSlotLayout } from "../layout/full-slot-layout.js";
import type { ImageLayout } from "../layout/image-layout.js";
import type { LinearTransform, TransformCounts } from "./linear-transform.js";

/**
 * One way to compute a stage's map, found by a matvec scheme and not yet worked out: there are thousands, of which the
 * search works out the most promising. Its counts are about right; the finished linear transform tells exactly.
 */
export interface Candidate extends TransformCounts {
  /** How its output lies, in a word: of candidates of each kind some are worked out. */
  readonly kind: string;
  /** Works it out; undefined where it turns out not to fit. */
  build(): FinishedCandidate | undefined;
}

export interface FinishedCandidate {
  readonly transform: LinearTransform;
  /** What the client packs, where the candidate is for a first stage and chose that itself. */
  readonly input?: FullSlotLayout;
  /** Of the output, where it is an image. */
  readonly imageLayout?: ImageLayout;
}
