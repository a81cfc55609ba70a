import { test } from "@jest/globals";
import { checkCompressed } from "./compressed.js";

test("bytes compressed by zlib, which could inflate to gigabytes: refused everywhere", () =>
  checkCompressed("zlib"));
