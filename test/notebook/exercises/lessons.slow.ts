import { testLessons } from "./lesson-run.js";
import { lessons, longestLessons } from "./lessons.js";

testLessons(lessons.filter((name) => !longestLessons.includes(name)));
