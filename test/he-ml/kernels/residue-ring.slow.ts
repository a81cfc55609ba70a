import { describeRings } from "./describe-rings.js";
import { polynomials } from "./rings.js";

const all = Object.keys(polynomials);
describeRings({ degree: 1024, bits: [60, 55, 53, 52, 51, 50, 49, 30, 20, 14], names: all });
describeRings({ degree: 2048, bits: [60, 52, 51, 50, 30], names: all });
describeRings({ degree: 4096, bits: [60, 52, 51, 50, 30], names: all });
describeRings({ degree: 8192, bits: [60, 52, 51, 50, 30], names: all });
describeRings({ degree: 16384, bits: [60, 52, 51, 50, 30], names: all });
describeRings({ degree: 32768, bits: [60, 52, 51, 50, 30], names: all });
