import type { Ciphertext } from "../crypto/ciphertext.js";

/**
 * Members that compute one stage together. All call the same methods in the same order; member `rank` makes every
 * `size`-th thing of a list.
 */
export interface Team {
  readonly rank: number;
  readonly size: number;
  /**
   * Makes this member's things of a list of `count` and gives everyone access to all of them.
   *
   * @param make called for this member's indices only; undefined where there is nothing to share
   * @param own keeps a ciphertext until the stage is done
   */
  share(
    count: number,
    make: (index: number) => Ciphertext | undefined,
    own: (ciphertext: Ciphertext) => Ciphertext,
  ): (index: number) => Ciphertext | undefined;
}

export const isMine = ({ rank, size }: Team, index: number) => index % size === rank;

/** A team of one: it makes everything itself. */
export const alone: Team = {
  rank: 0,
  size: 1,
  share(count, make, own) {
    const all = Array.from({ length: count }, (_, index) => {
      const made = make(index);
      return made && own(made);
    });
    return (index) => all[index];
  },
};
