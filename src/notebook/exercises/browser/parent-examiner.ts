import type { Examiner } from "../examiner.js";

/** `#parent-examiner` of package.json's `imports` in a browser: none, as nobody grades there. */
export const parentExaminer = (): Examiner | undefined => undefined;
