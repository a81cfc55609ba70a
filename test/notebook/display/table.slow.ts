import { test } from "@jest/globals";
import { checkAnyText } from "./any-text.js";

test("any text comes back from a table's HTML as it went in, but for control characters", () => {
  checkAnyText(2000);
});
