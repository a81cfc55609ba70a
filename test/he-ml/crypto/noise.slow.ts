import { chains, describeKeySwitching } from "./noise.js";

describeKeySwitching(chains[2]);
