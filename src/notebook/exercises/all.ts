import { differenceOfSquares } from "./lesson-00/difference-of-squares.js";
import { forecastError } from "./lesson-00/forecast-error.js";
import { conjugateSlots } from "./lesson-01/conjugate-slots.js";
import { decodeSlots } from "./lesson-01/decode-slots.js";
import { encodeSlots } from "./lesson-01/encode-slots.js";
import { multiplyMod } from "./lesson-01/multiply-mod.js";
import { encryptByHand } from "./lesson-02/encrypt-by-hand.js";
import { forecastNoise } from "./lesson-02/forecast-noise.js";
import { recoverKey } from "./lesson-02/recover-key.js";
import { reusedSeed } from "./lesson-02/reused-seed.js";
import { automorphism } from "./lesson-03/automorphism.js";
import { gadget } from "./lesson-03/gadget.js";
import { productThatDecrypts } from "./lesson-03/product-that-decrypts.js";
import { rescaleByHand } from "./lesson-03/rescale-by-hand.js";
import { degreeSeven } from "./lesson-04/degree-seven.js";
import { overflow } from "./lesson-04/overflow.js";
import { powerOfEight } from "./lesson-04/power-of-eight.js";
import { shortestChain } from "./lesson-04/shortest-chain.js";
import { blankSpare } from "./lesson-05/blank-spare.js";
import { matrixVector } from "./lesson-05/matrix-vector.js";
import { strideTwo } from "./lesson-05/stride-two.js";
import { sumSlots } from "./lesson-05/sum-slots.js";
import { fitWithin } from "./lesson-06/fit-within.js";
import { foldPool } from "./lesson-06/fold-pool.js";
import { reencryptBefore } from "./lesson-06/reencrypt-before.js";
import { forecastBill } from "./lesson-07/forecast-bill.js";
import { lenetLayout } from "./lesson-07/lenet-layout.js";
import { spoiledStage } from "./lesson-07/spoiled-stage.js";
import { chooseParameters } from "./lesson-08/choose-parameters.js";
import { paretoOptimal } from "./lesson-08/pareto-optimal.js";
import { whatIsLeft } from "./lesson-08/what-is-left.js";
import { floodBits } from "./lesson-09/flood-bits.js";
import { keyFromShown } from "./lesson-09/key-from-shown.js";
import { makeItWin } from "./lesson-09/make-it-win.js";
import { byteBudget } from "./lesson-10/byte-budget.js";
import { forecastQueue } from "./lesson-10/forecast-queue.js";
import { serveOnce } from "./lesson-10/serve-once.js";
import { splitInference } from "./lesson-10/split-inference.js";
import { capstone } from "./lesson-11/capstone.js";

/** All exercises, in the order of the lessons. By its name here an exercise is a method of `check`. */
export const exercises = {
  differenceOfSquares,
  forecastError,
  multiplyMod,
  decodeSlots,
  encodeSlots,
  conjugateSlots,
  recoverKey,
  encryptByHand,
  reusedSeed,
  forecastNoise,
  productThatDecrypts,
  gadget,
  rescaleByHand,
  automorphism,
  overflow,
  powerOfEight,
  degreeSeven,
  shortestChain,
  sumSlots,
  matrixVector,
  strideTwo,
  blankSpare,
  fitWithin,
  foldPool,
  reencryptBefore,
  forecastBill,
  spoiledStage,
  lenetLayout,
  paretoOptimal,
  whatIsLeft,
  chooseParameters,
  keyFromShown,
  floodBits,
  makeItWin,
  serveOnce,
  forecastQueue,
  byteBudget,
  splitInference,
  capstone,
} as const;
