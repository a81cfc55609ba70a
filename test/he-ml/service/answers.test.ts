import { describeAnswers } from "./answers.js";

// The other packings, and so many other threads: see answers.slow.ts.
describeAnswers([["packed", 2, "seal"]]);
