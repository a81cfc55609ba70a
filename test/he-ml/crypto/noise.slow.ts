import { chains, describeKeySwitching, describeNoise } from "./noise.js";

describeNoise(chains[1]);

describeKeySwitching(chains[0]);
// A small special prime.
describeKeySwitching(chains[2]);
