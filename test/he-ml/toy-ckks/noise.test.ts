import { describeNoise } from "./noise.js";

describeNoise(8, 24, 0.7);
