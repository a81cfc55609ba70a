import { chains, describeAgainstSeal } from "./with-seal.js";

for (const chain of chains) for (const seed of [2, 3, 4]) describeAgainstSeal(chain, seed);
