import { describeRings } from "./describe-rings.js";

// Every size of prime, polynomial and degree: see residue-ring.slow.ts.
describeRings({
  degree: 1024,
  bits: [60, 52, 50, 20],
  names: ["random", "all (p − 1) / 2", "halves in turn"],
});
