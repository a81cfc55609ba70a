import { describePolynomials } from "./polynomial.js";

describePolynomials({ seed: 21, onTwin: 150, onSeal: 12 });
