import { testLessons } from "./lesson-run.js";
import { lessons } from "./lessons.js";

testLessons(lessons.filter((name) => name < "06"));
