import {
  createSecretKey,
  product,
  seededRandom,
  toyParameters,
  type Polynomial,
} from "../../../he-ml/toy-ckks/index.js";

/** As the lesson's first cell has them: an answer can read that cell's names in the place of its own parameters. */
const parameters = toyParameters({
  polyModulusDegree: 8,
  coeffModulusBits: [16, 10, 16],
  scale: 2 ** 10,
});

/** The lesson's `q`, by which its `modQ` reduces. */
export const lessonQ: bigint = product(parameters.coeffModulus);

/** The lesson's `s`, of which its `s2` is the square. */
export const lessonKey: Polynomial = createSecretKey(parameters, seededRandom("lesson 3"));

/** What is said where `lessonQ` was taken. */
export const reducedByLessonQ =
  "reduced modulo another q, that of the lesson's cells: use the q that the function is given";
