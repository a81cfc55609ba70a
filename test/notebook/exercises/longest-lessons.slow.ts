import { testLessons } from "./lesson-run.js";
import { longestLessons } from "./lessons.js";

testLessons(longestLessons);
