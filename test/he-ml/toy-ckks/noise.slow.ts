import { describeNoise } from "./noise.js";

describeNoise(16, 100, 0.35);
