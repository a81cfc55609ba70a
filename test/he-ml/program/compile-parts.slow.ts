import { test } from "@jest/globals";
import { checkParts } from "./compile-parts.js";

test.each(["packed", "batch"] as const)(
  "parts in packing %s share a shorter chain than the whole, and give the plain model's logits",
  checkParts,
);
