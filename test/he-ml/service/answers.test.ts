import { describeAnswers } from "./answers.js";

// The other packings, and threads: see answers.slow.ts.
describeAnswers([["packed", 0, "kernel"]]);
