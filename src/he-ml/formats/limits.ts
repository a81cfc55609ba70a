/** Numbers that a model may hold: with more it cannot be encrypted, and its file is wrong or malicious. */
export const mostWeights = 2 ** 25;
