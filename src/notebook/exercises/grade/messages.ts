import type { Notebook } from "../../runner/notebook-file.js";
import type { Verdict } from "../exercise.js";
import type { Fence, Limits } from "./fence.js";

/** To the process that examines one submission. */
export interface Task {
  readonly student: string;
  /** Made by `withSolutionsOf`. */
  readonly notebook: Notebook;
  readonly fence: Fence;
  readonly limits: SubmissionLimits;
}

export interface SubmissionLimits extends Limits {
  /** That one cell may take. */
  readonly cellSeconds: number;
  /** That a submission may take in all. */
  readonly totalSeconds: number;
  readonly mostOutputCharacters: number;
}

/** From it: verdicts as they come, by the exercise's id, and at last all of them with a page. */
export type Progress = { readonly exercise: string; readonly verdict: Verdict } | { readonly page: string };
