export const wordBytes = 8;

/** Memory is taken in blocks of as many bytes: vectors are read 16 bytes at a time, cache lines are of 64. */
export const blockBytes = 64;

/**
 * Bytes between one polynomial and the next: their lengths are powers of two, and without a gap the same place of all
 * operands of a sum would fall into the same few lines of a cache.
 */
const gap = 192;

/** Bytes from a polynomial of n words to the next. */
export const polynomialBytes = (n: number) => n * wordBytes + gap;
