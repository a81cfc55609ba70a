import { multiplyMod } from "./lesson-01/multiply-mod.js";
import { degreeSeven } from "./lesson-04/degree-seven.js";
import { overflow } from "./lesson-04/overflow.js";
import { powerOfEight } from "./lesson-04/power-of-eight.js";
import { shortestChain } from "./lesson-04/shortest-chain.js";
import { sumSlots } from "./lesson-04/sum-slots.js";

/** All exercises, in the order of the lessons. By its name here an exercise is a method of `check`. */
export const exercises = {
  multiplyMod,
  sumSlots,
  overflow,
  powerOfEight,
  degreeSeven,
  shortestChain,
} as const;
