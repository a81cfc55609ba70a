/**
 * What a network's notes say of a softmax at its end, which its reader left out.
 *
 * @param what names it: `Softmax "head.softmax"`
 */
export const softmaxNote = (what: string): string =>
  `${what} at the end is left out: what is computed are the values before it, the logits; the client can apply it ` +
  `after decryption`;
